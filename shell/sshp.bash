# shellcheck shell=bash
#
# sshp in bash: a short command, and a key that puts a picked host on the line.
#
# `sshp init bash` sets two variables in front of this: __sshp_cmd, the short command, and
# __sshp_key, the key as `bind` reads it. An empty one leaves its part out. May be read again.

if [[ -n ${__sshp_cmd-} ]]; then
    # shellcheck disable=SC2139 # meant to be expanded now
    \builtin alias "${__sshp_cmd}=sshp"
fi

if [[ $- == *i* && -n ${__sshp_key-} && :${SHELLOPTS-}: == *:@(emacs|vi):* ]]; then
    # The key types two others: the first picks, the second runs the line if that was asked.
    __sshp_widget() {
        \builtin local picked action command name before
        \builtin bind '"\C-x\C-_r": ""'
        picked=$(\command sshp pick --widget </dev/tty) || \builtin return 0
        # action, command, name, with a tab between; a name may hold one.
        action=${picked%%$'\t'*} picked=${picked#*$'\t'}
        command=${picked%%$'\t'*} name=${picked#*$'\t'}
        [[ -n ${name} ]] || \builtin return 0
        \builtin printf -v name %q "${name}"
        if [[ -z ${READLINE_LINE//[[:space:]]/} ]]; then
            READLINE_LINE="${command} ${name}"
            READLINE_POINT=${#READLINE_LINE}
        else
            before=${READLINE_LINE:0:READLINE_POINT}
            if [[ ${before##*[;&|]} =~ ^[[:space:]]*(scp|rsync|sftp)[[:space:]] ]]; then
                name+=:
            fi
            READLINE_LINE="${before}${name}${READLINE_LINE:READLINE_POINT}"
            READLINE_POINT=$((READLINE_POINT + ${#name}))
        fi
        if [[ ${action} == run ]]; then
            \builtin bind '"\C-x\C-_r": accept-line'
        fi
    }
    for __sshp_map in emacs vi-insert vi-command; do
        \builtin bind -m "${__sshp_map}" -x '"\C-x\C-_p": __sshp_widget'
        \builtin bind -m "${__sshp_map}" "\"${__sshp_key}\": \"\\C-x\\C-_p\\C-x\\C-_r\""
    done
    \builtin unset __sshp_map
fi
