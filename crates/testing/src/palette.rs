//! The colours that a terminal makes of what a program asks for.

use avt::{Color, Pen};

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// A terminal's own colours.
pub struct Palette {
    /// Text that has no colour.
    pub ink: Rgb,
    /// What stands behind text that has none.
    pub paper: Rgb,
    /// The sixteen that have names.
    pub named: [Rgb; 16],
}

impl Palette {
    /// Ink and paper of a look; `None` is the paper of the terminal.
    pub fn colors(&self, pen: &Pen) -> (Rgb, Option<Rgb>) {
        let rgb = |color: Color| match color {
            Color::Indexed(at @ 0..16) => self.named[usize::from(at)],
            Color::Indexed(at @ 16..232) => {
                let part = |n: u8| if n == 0 { 0 } else { 55 + n * 40 };
                let at = at - 16;
                [part(at / 36), part(at / 6 % 6), part(at % 6)]
            }
            Color::Indexed(at) => [8 + (at - 232) * 10; 3],
            Color::RGB(c) => [c.r, c.g, c.b],
        };
        let ink = pen.foreground().map_or(self.ink, rgb);
        let paper = pen.background().map(rgb);
        if pen.is_inverse() { (paper.unwrap_or(self.paper), Some(ink)) } else { (ink, paper) }
    }
}

/// How well one can be read on the other, from 1 to 21 (WCAG 2.2, contrast ratio).
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let luminance = |color: Rgb| {
        let [r, g, b] = color.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}
