# sshp in zsh: a short command, and a key that puts a picked host on the line.
#
# `sshp init zsh` sets two variables in front of this: __sshp_cmd, the short command, and
# __sshp_key, the key as `bindkey` reads it. An empty one leaves its part out. May be read again.

if [[ -n ${__sshp_cmd-} ]]; then
    \builtin alias -- "${__sshp_cmd}=sshp"
fi

if [[ -o interactive && -o zle && -n ${__sshp_key-} ]]; then
    function __sshp_widget() {
        \builtin emulate -L zsh
        \builtin local picked name
        \builtin local -a words
        if picked=$(\command sshp pick --widget </dev/tty); then
            # action, command, name, with a tab between; a name may hold one.
            words=("${(@ps:\t:)picked}")
            name=${(pj:\t:)words[3,-1]}
            name=${(q)name}
            if [[ -z ${BUFFER//[[:space:]]/} ]]; then
                BUFFER="${words[2]} ${name}"
                CURSOR=${#BUFFER}
            else
                if [[ ${LBUFFER##*[;&|]} =~ '^[[:space:]]*(scp|rsync|sftp)[[:space:]]' ]]; then
                    name+=:
                fi
                LBUFFER+=${name}
            fi
        fi
        \builtin zle reset-prompt
        if [[ ${words[1]-} == run ]]; then
            \builtin zle accept-line
        fi
    }
    \builtin zle -N __sshp_widget
    for __sshp_map in emacs viins vicmd; do
        \builtin bindkey -M "${__sshp_map}" "${__sshp_key}" __sshp_widget
    done
    \builtin unset __sshp_map
fi
