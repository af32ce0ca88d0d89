# sshp in tcsh: a short command, and a key that puts a picked host on the line.
#
# `sshp init tcsh` sets two variables in front of this: __sshp_cmd, the short command, and
# __sshp_key, the key as bindkey reads it. An empty one leaves its part out. May be read again.

if ( "$__sshp_cmd" != '' ) alias $__sshp_cmd sshp

# A command of bindkey's cannot change the line. But a key can type others: the first picks into a
# variable, then the variable's name is typed, and the editor expands it as ^X$ does by default.
if ( $?prompt && "$__sshp_key" != '' ) then
    alias __sshp_pick 'set __sshp_picked = "`sshp pick </dev/tty`" ; if ( "$__sshp_picked" =~ *[^-A-Za-z0-9._@:+,%=/]* ) set __sshp_picked = ""'
    bindkey -c '^X^P' __sshp_pick
    bindkey '^X^V' expand-variables
    bindkey -s "$__sshp_key" '^X^P$__sshp_picked^X^V'
endif
