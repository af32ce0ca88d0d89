# Tab for sshp in xonsh. sshp itself answers: the first line says how the others are to be taken
# (`words`, `nospace`, `files`), the others are candidate, tab, description.


def __sshp_completer(context):
    """Completes the lines of sshp, and of aliases that are sshp."""
    import subprocess

    from xonsh.completers.path import contextual_complete_path
    from xonsh.completers.tools import RichCompletion

    command = context.command
    if command is None or not command.args or command.arg_index == 0:
        return None
    name = command.args[0].value
    if name != "sshp" and aliases.get(name) != ["sshp"]:
        return None
    words = [word.value for word in command.args[: command.arg_index]]
    try:
        answer = subprocess.run(
            ["sshp", "--", *words, command.prefix],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**__xonsh__.env.detype(), "_SSHP_COMPLETE": f"xonsh:{command.arg_index}"},
            encoding="utf-8",
            errors="replace",
        ).stdout.splitlines()
    except OSError:
        return None
    if answer == ["files"]:
        return contextual_complete_path(command)
    space = not command.is_after_closing_quote and answer[:1] != ["nospace"]
    offered = set()
    for line in answer[1:]:
        value, _, description = line.partition("\t")
        offered.add(RichCompletion(value, description=description, append_space=space))
    # Without any, xonsh would ask others, which offer files of this machine.
    return offered or {RichCompletion(command.prefix)}, len(command.prefix)


__sshp_completer.contextual = True


def __sshp_register():
    from xonsh.completers.completer import add_one_completer

    add_one_completer("sshp", __sshp_completer, "start")


__sshp_register()
del __sshp_register
