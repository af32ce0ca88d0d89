# shellcheck shell=bash
#
# Tab for sshp in bash 4.3 or later. sshp itself answers: the first line says how the others are
# to be taken (`words`, `nospace`, `files`), the others are the candidates.

_sshp() {
    local line=${COMP_LINE:0:COMP_POINT} word last=-1 i
    local -a words=() answer=()
    # bash parts words at @ : and = too: what stands together is put together again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i == 0)) || [[ ${line} == [[:space:]]* ]]; then
            line=${line#"${line%%[![:space:]]*}"}
            words[++last]=
        fi
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            word=${line}
        fi
        words[last]+=${word}
        line=${line#"${word}"}
    done
    mapfile -t answer < <(_SSHP_COMPLETE="bash:${last}" command sshp -- "${words[@]}" 2>/dev/null)
    case ${answer[0]-} in
        files) compopt -o default ;;
        nospace) compopt -o nospace ;;
        *) ;;
    esac
    # Only what follows the last @ : or = is replaced.
    COMPREPLY=("${answer[@]:1}")
    COMPREPLY=("${COMPREPLY[@]#"${words[last]%"$2"}"}")
}

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 403)); then
    for __sshp_word in sshp ${__sshp_cmd:+"${__sshp_cmd}"}; do
        complete -o nosort -F _sshp "${__sshp_word}" 2>/dev/null ||
            complete -F _sshp "${__sshp_word}"
    done
    unset __sshp_word
fi
