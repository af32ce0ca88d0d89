# Host names by sshp where ssh, scp, sftp, rsync are completed in elvish.
#
# `sshp init elvish --complete ...` names the commands in $__sshp_hosts. elvish has no completion of
# these itself; one that was set before is asked too. May be read again.

for command $__sshp_hosts {
    var own = {|@words| edit:complete-filename $@words }
    if (has-key $edit:completion:arg-completer $command) {
        set own = $edit:completion:arg-completer[$command]
    }
    var end = ' '
    if (not-eq $command ssh) {
        set end = ':'
    }
    set edit:completion:arg-completer[$command] = {|@words|
        tmp E:_SSHP_COMPLETE = 'elvish:hosts'
        var answer = [(try { e:sshp -- $words[-1] 2>/dev/null } catch _ { })]
        if (> (count $answer) 1) {
            for line $answer[1..] {
                var value help = (str:split &max=2 "\t" $line)
                edit:complex-candidate $value &display=$value' ('$help')' &code-suffix=$end
            }
        }
        if (not-eq $command ssh) {
            $own $@words
        }
    }
}
