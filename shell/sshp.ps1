# sshp in PowerShell: a short command, and a key that puts a picked host on the line.
#
# `sshp init powershell` sets two variables in front of this: $__sshp_cmd, the short command, and
# $__sshp_key, the key as PSReadLine names it. An empty one leaves its part out. May be read again.

if ($__sshp_cmd -ne '') {
    Set-Alias -Name $__sshp_cmd -Value sshp -Scope Global
}

if ($__sshp_key -ne '' -and (Get-Module -Name PSReadLine)) {
    Set-PSReadLineKeyHandler -Chord $__sshp_key -BriefDescription sshp -Description 'Put a picked host on the line' -ScriptBlock {
        # action, command, name
        $words = @((& sshp pick --widget | Out-String).TrimEnd("`r", "`n") -split "`t", 3)
        if ($words.Count -eq 3) {
            $name = $words[2]
            if ($name -notmatch '^[\w.:+%/-]+$') {
                $name = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name) + "'"
            }
            $line = $null
            $cursor = 0
            [Microsoft.PowerShell.PSConsoleReadLine]::GetBufferState([ref]$line, [ref]$cursor)
            if ($line.Trim() -eq '') {
                [Microsoft.PowerShell.PSConsoleReadLine]::Replace(0, $line.Length, "$($words[1]) $name")
            }
            else {
                if (($line.Substring(0, $cursor) -split '[;&|]')[-1] -match '^\s*(scp|rsync|sftp)\s') {
                    $name += ':'
                }
                [Microsoft.PowerShell.PSConsoleReadLine]::Insert($name)
            }
            if ($words[0] -eq 'run') {
                [Microsoft.PowerShell.PSConsoleReadLine]::AcceptLine()
                return
            }
        }
        [Microsoft.PowerShell.PSConsoleReadLine]::InvokePrompt()
    }
}
