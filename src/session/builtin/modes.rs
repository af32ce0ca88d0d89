//! The terminal's modes as the protocol names them (RFC 4254, section 8).

use std::os::fd::AsFd;

use russh::Pty;
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
};

use crate::platform;

/// The modes of the terminal at `fd`; none where it is no terminal.
pub(super) fn of(fd: impl AsFd) -> Vec<(Pty, u32)> {
    tcgetattr(fd).map_or_else(|_| Vec::new(), |modes| encode(&modes))
}

fn encode(modes: &Termios) -> Vec<(Pty, u32)> {
    let mut out =
        vec![(Pty::TTY_OP_ISPEED, modes.input_speed()), (Pty::TTY_OP_OSPEED, modes.output_speed())];
    let keys = [
        (Pty::VINTR, SpecialCodeIndex::VINTR),
        (Pty::VQUIT, SpecialCodeIndex::VQUIT),
        (Pty::VERASE, SpecialCodeIndex::VERASE),
        (Pty::VKILL, SpecialCodeIndex::VKILL),
        (Pty::VEOF, SpecialCodeIndex::VEOF),
        (Pty::VEOL, SpecialCodeIndex::VEOL),
        (Pty::VEOL2, SpecialCodeIndex::VEOL2),
        (Pty::VSTART, SpecialCodeIndex::VSTART),
        (Pty::VSTOP, SpecialCodeIndex::VSTOP),
        (Pty::VSUSP, SpecialCodeIndex::VSUSP),
        (Pty::VREPRINT, SpecialCodeIndex::VREPRINT),
        (Pty::VWERASE, SpecialCodeIndex::VWERASE),
        (Pty::VLNEXT, SpecialCodeIndex::VLNEXT),
        (Pty::VDISCARD, SpecialCodeIndex::VDISCARD),
    ];
    for (code, index) in keys {
        // 255 is the protocol's word for a key that is not set; Linux's own is 0.
        let key = modes.special_codes[index];
        out.push((code, if key == 0 { 255 } else { key.into() }));
    }
    let mut flags = Vec::new();
    let input = [
        (Pty::IGNPAR, InputModes::IGNPAR),
        (Pty::PARMRK, InputModes::PARMRK),
        (Pty::INPCK, InputModes::INPCK),
        (Pty::ISTRIP, InputModes::ISTRIP),
        (Pty::INLCR, InputModes::INLCR),
        (Pty::IGNCR, InputModes::IGNCR),
        (Pty::ICRNL, InputModes::ICRNL),
        (Pty::IUCLC, platform::IUCLC),
        (Pty::IXON, InputModes::IXON),
        (Pty::IXANY, InputModes::IXANY),
        (Pty::IXOFF, InputModes::IXOFF),
        (Pty::IMAXBEL, InputModes::IMAXBEL),
        (Pty::IUTF8, InputModes::IUTF8),
    ];
    flags.extend(input.map(|(code, mode)| (code, modes.input_modes.contains(mode))));
    let local = [
        (Pty::ISIG, LocalModes::ISIG),
        (Pty::ICANON, LocalModes::ICANON),
        (Pty::XCASE, platform::XCASE),
        (Pty::ECHO, LocalModes::ECHO),
        (Pty::ECHOE, LocalModes::ECHOE),
        (Pty::ECHOK, LocalModes::ECHOK),
        (Pty::ECHONL, LocalModes::ECHONL),
        (Pty::NOFLSH, LocalModes::NOFLSH),
        (Pty::TOSTOP, LocalModes::TOSTOP),
        (Pty::IEXTEN, LocalModes::IEXTEN),
        (Pty::ECHOCTL, LocalModes::ECHOCTL),
        (Pty::ECHOKE, LocalModes::ECHOKE),
        (Pty::PENDIN, LocalModes::PENDIN),
    ];
    flags.extend(local.map(|(code, mode)| (code, modes.local_modes.contains(mode))));
    let output = [
        (Pty::OPOST, OutputModes::OPOST),
        (Pty::OLCUC, platform::OLCUC),
        (Pty::ONLCR, OutputModes::ONLCR),
        (Pty::OCRNL, OutputModes::OCRNL),
        (Pty::ONOCR, OutputModes::ONOCR),
        (Pty::ONLRET, OutputModes::ONLRET),
    ];
    flags.extend(output.map(|(code, mode)| (code, modes.output_modes.contains(mode))));
    let control = [
        (Pty::CS7, ControlModes::CS7),
        (Pty::CS8, ControlModes::CS8),
        (Pty::PARENB, ControlModes::PARENB),
        (Pty::PARODD, ControlModes::PARODD),
    ];
    flags.extend(control.map(|(code, mode)| (code, modes.control_modes.contains(mode))));
    out.extend(flags.into_iter().map(|(code, on)| (code, u32::from(on))));
    out
}
