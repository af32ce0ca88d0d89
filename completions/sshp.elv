# Tab for sshp in elvish. sshp itself answers: the first line says how the others are to be taken
# (`words`, `nospace`, `files`), the others are candidate, tab, description.

use str

set edit:completion:arg-completer[sshp] = {|@words|
    tmp E:_SSHP_COMPLETE = 'elvish:'(- (count $words) 1)
    var answer = [(try { e:sshp -- $@words 2>/dev/null } catch _ { })]
    if (> (count $answer) 1) {
        var end = ' '
        if (eq $answer[0] nospace) {
            set end = ''
        }
        for line $answer[1..] {
            var value help = (str:split &max=2 "\t" $line)
            var shown = $value
            if (not-eq $help '') {
                set shown = $value' ('$help')'
            }
            edit:complex-candidate $value &display=$shown &code-suffix=$end
        }
    } elif (eq $answer [files]) {
        edit:complete-filename $@words
    }
}
if (not-eq $__sshp_cmd '') {
    set edit:completion:arg-completer[$__sshp_cmd] = $edit:completion:arg-completer[sshp]
}
