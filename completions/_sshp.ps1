# Tab for sshp in PowerShell. sshp itself answers: the first line says how the others are to be
# taken (`words`, `nospace`, `files`), the others are candidate, tab, description.
#
# The words go to sshp as they are typed, each as one argument: nothing of the line is evaluated.

Register-ArgumentCompleter -Native -CommandName @(@('sshp', (Get-Variable -Name __sshp_cmd -ValueOnly -ErrorAction Ignore)) -ne $null -ne '') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements |
            Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
            ForEach-Object { $_.Extent.Text })
    if ($wordToComplete -eq '') {
        # An empty word, which PowerShell before 7.3 would not pass on as one.
        $words += '""'
    }
    $asked = $env:_SSHP_COMPLETE
    try {
        $env:_SSHP_COMPLETE = "powershell:$($words.Count - 1)"
        $answer = @(& sshp -- @words 2>$null)
    }
    catch {
        $answer = @()
    }
    finally {
        $env:_SSHP_COMPLETE = $asked
    }
    # With no answer at all, PowerShell completes file names.
    $answer | Select-Object -Skip 1 | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        $shown = if ($help) { $help } else { $value }
        # Beyond ASCII PowerShell has more quotes and dashes of its own.
        $text = if ($value -match '[^\w.:+%/=-]') {
            "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'"
        }
        else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $shown)
    }
}
