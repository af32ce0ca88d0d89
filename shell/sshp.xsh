# sshp in xonsh: a short command, and a key that puts a picked host on the line.
#
# `sshp init xonsh` sets two variables in front of this: __sshp_cmd, the short command, and
# __sshp_key, the key as prompt_toolkit names it. An empty one leaves its part out. May be read again.

if __sshp_cmd:
    aliases[__sshp_cmd] = ["sshp"]

if __sshp_key:

    def __sshp_pick(buffer):
        """Puts what the picker answers into the line; whether it is to be run."""
        import re
        import subprocess

        with open("/dev/tty") as terminal:
            picked = subprocess.run(
                ["sshp", "pick", "--widget"],
                stdin=terminal,
                stdout=subprocess.PIPE,
                env=__xonsh__.env.detype(),
                encoding="utf-8",
                errors="replace",
            )
        words = picked.stdout.rstrip("\n").split("\t", 2)
        if picked.returncode != 0 or len(words) != 3:
            return False
        action, command, name = words
        if not re.fullmatch(r"[\w.@:+,%/=-]+", name):
            name = repr(name)
        if not buffer.text.strip():
            buffer.text = f"{command} {name}"
            buffer.cursor_position = len(buffer.text)
        else:
            last = re.split(r"[;&|\n]", buffer.document.text_before_cursor)[-1]
            if re.match(r"\s*(scp|rsync|sftp)\s", last):
                name += ":"
            buffer.insert_text(name)
        return action == "run"

    @events.on_ptk_create
    def __sshp_bind(bindings, key=__sshp_key, pick=__sshp_pick, **_):
        @bindings.add(*key.split())
        def __sshp_widget(event):
            from prompt_toolkit.application import run_in_terminal

            buffer = event.current_buffer

            def accept(picking):
                if not picking.cancelled() and picking.exception() is None and picking.result():
                    buffer.validate_and_handle()

            run_in_terminal(lambda: pick(buffer)).add_done_callback(accept)

    del __sshp_pick, __sshp_bind
