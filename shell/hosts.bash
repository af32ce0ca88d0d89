# shellcheck shell=bash
#
# Host names by sshp in bash-completion's completion of ssh, scp, sftp, rsync.
#
# `sshp init bash --complete ...` names the commands in __sshp_hosts. All but the names of hosts
# stays as bash-completion has it; without bash-completion there are hosts and files. May be read
# again.

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 403)); then
    __sshp_remote=" ${__sshp_hosts-} "

    # Adds hosts to the array that the first word names. The others are the options and the word
    # that bash-completion gives its own function.
    __sshp_hosts_in() {
        local -n into=$1
        shift
        local flag suffix='' config='' prefix='' OPTIND=1
        while getopts ac46F:p: flag "$@"; do
            case ${flag} in
                c) suffix=: ;;
                F) config=${OPTARG} ;;
                p) prefix=${OPTARG} ;;
                *) ;;
            esac
        done
        local beginning=${!OPTIND-${cur-}} cut=''
        local -a found=()
        mapfile -t found < <(
            _SSHP_COMPLETE=bash:hosts command sshp -- ${config:+-F "${config}"} "${beginning}" 2>/dev/null
        )
        found=("${found[@]:1}")
        ((${#found[@]})) || return 1
        # Only what follows the last : is replaced, where : parts words.
        if [[ ${beginning} == *:* && ${COMP_WORDBREAKS} == *:* ]]; then
            cut=${beginning%"${beginning##*:}"}
        fi
        found=("${found[@]/#/"${prefix}"}")
        found=("${found[@]#"${cut}"}")
        into+=("${found[@]/%/"${suffix}"}")
    }

    # Puts ours before the functions of bash-completion that find hosts, to 2.11 and since.
    __sshp_wrap() {
        local name into text
        for name in _known_hosts_real _comp_compgen_known_hosts__impl; do
            into=COMPREPLY
            if [[ ${name} == _comp* ]]; then
                into=known_hosts
            fi
            text=$(declare -f "${name}") || continue
            if [[ ${text} != *__sshp_hosts_in* ]]; then
                eval "__sshp_own${name}${text#"${name}"}
                    ${name}() {
                        if [[ \${__sshp_remote} == *\" \${COMP_WORDS[0]##*/} \"* ]]; then
                            __sshp_hosts_in ${into} \"\$@\"
                        else
                            __sshp_own${name} \"\$@\"
                        fi
                    }"
            fi
        done
    }

    # Without bash-completion: hosts, and by the shell's default files.
    __sshp_plain_hosts() {
        local word=${COMP_LINE:0:COMP_POINT} cur=''
        word=${word##*[[:space:]]}
        COMPREPLY=()
        if [[ ${word} == -* ]]; then
            return
        fi
        if [[ ${1##*/} == ssh ]]; then
            __sshp_hosts_in COMPREPLY -- "${word}"
        elif __sshp_hosts_in COMPREPLY -c -- "${word}"; then
            compopt -o nospace
        fi
        # Only what follows the last @ : or = is replaced.
        COMPREPLY=("${COMPREPLY[@]#"${word%"$2"}"}")
    }

    # The first Tab after a command: bash-completion's own function is loaded and takes over.
    __sshp_first_tab() {
        local word=${1##*/}
        complete -r "${word}"
        if declare -F _comp_load >/dev/null; then
            _comp_load "${word}"
        elif declare -F __load_completion >/dev/null; then
            __load_completion "${word}"
        fi
        __sshp_wrap
        complete -p "${word}" &>/dev/null || complete -o default -F __sshp_plain_hosts "${word}"
        # bash asks again.
        return 124
    }

    for __sshp_word in ${__sshp_hosts-}; do
        if complete -p "${__sshp_word}" &>/dev/null; then
            __sshp_wrap
        else
            complete -F __sshp_first_tab "${__sshp_word}"
        fi
    done
    unset __sshp_word
fi
