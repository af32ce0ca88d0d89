# sshp in elvish: a short command, and a key that puts a picked host on the line.
#
# `sshp init elvish` sets two variables in front of this: $__sshp_cmd, the short command, and
# $__sshp_key, the key as elvish names it. An empty one leaves its part out. May be read again.

use str

if (not-eq $__sshp_cmd '') {
    edit:add-var $__sshp_cmd'~' {|@words| e:sshp $@words }
}

if (not-eq $__sshp_key '') {
    set edit:insert:binding[$__sshp_key] = {
        # action, command, name
        var words = [(try { e:sshp pick --widget </dev/tty 2>/dev/tty | each {|line| str:split &max=3 "\t" $line } } catch _ { })]
        if (== (count $words) 3) {
            var name = (repr $words[2])
            if (eq (str:trim-space $edit:current-command) '') {
                set edit:current-command = $words[1]' '$name
                set edit:-dot = (count $edit:current-command)
            } else {
                var before = $edit:current-command[..$edit:-dot]
                var command = (str:trim-space [(str:split ';' $before)][-1])
                if (or (str:has-prefix $command 'scp ') (str:has-prefix $command 'rsync ') (str:has-prefix $command 'sftp ')) {
                    set name = $name':'
                }
                edit:insert-at-dot $name
            }
            if (eq $words[0] run) {
                edit:return-line
            }
        }
        edit:redraw &full=$true
    }
}
