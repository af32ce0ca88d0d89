# Host names by sshp in zsh's own completion of ssh, scp, sftp, rsync.
#
# `sshp init zsh --complete ...` names the commands in __sshp_hosts, after compinit. All but the
# names of hosts stays as the functions of zsh have it. May be read again.

if (( ${+functions[compdef]} )); then
    # Stands for _ssh_hosts and _hosts; the arguments are compadd's.
    function __sshp_hosts_of() {
        local -a answer config names shown expl
        local nul=$'\0'
        local -i at=${words[(I)-F]}
        (( at && at < CURRENT - 1 )) && config=(-F "${(Q)words[at+1]}")
        answer=("${(@f)$(
            _SSHP_COMPLETE=zsh:hosts command sshp -- $config "${(Q)PREFIX}" 2>/dev/null
        )}")
        # `name:description`; a colon of the name itself is escaped.
        names=("${(@)answer[2,-1]//\\:/${nul}}")
        shown=("${(@)${(@)names/:/  -- }//${nul}/:}")
        names=("${(@)${(@)names%%:*}//${nul}/:}")
        (( $#names )) || return 1
        _wanted hosts expl 'remote host name' compadd "$@" -l -d shown -a names
    }

    # zsh's own function for the command, with ours in the place of those that find hosts.
    function __sshp_remote() {
        local name
        local -A saved
        for name in _ssh_hosts _hosts; do
            saved[${name}]=${functions[${name}]-}
            functions[${name}]='__sshp_hosts_of "$@"'
        done
        {
            "${__sshp_own[${service}]}" "$@"
        } always {
            for name in ${(k)saved}; do
                if [[ -n ${saved[${name}]} ]]; then
                    functions[${name}]=${saved[${name}]}
                else
                    unfunction "${name}"
                fi
            done
        }
    }

    typeset -gA __sshp_own
    for __sshp_word in ${=__sshp_hosts}; do
        if [[ -n ${_comps[${__sshp_word}]-} && ${_comps[${__sshp_word}]} != __sshp_remote ]]; then
            __sshp_own[${__sshp_word}]=${_comps[${__sshp_word}]}
            compdef __sshp_remote "${__sshp_word}"
        fi
    done
    unset __sshp_word
fi
