# Tab for sshp in tcsh. sshp itself answers, from the variable COMMAND_LINE, in which tcsh has the
# typed line while it completes: nothing of the line is evaluated.

complete sshp 'n/-F/f/' 'n/--config/f/' 'p@*@`env _SSHP_COMPLETE=tcsh:line sshp --`@'
if ( $?__sshp_cmd ) then
    if ( "$__sshp_cmd" != '' ) complete $__sshp_cmd 'n/-F/f/' 'n/--config/f/' 'p@*@`env _SSHP_COMPLETE=tcsh:line sshp --`@'
endif
