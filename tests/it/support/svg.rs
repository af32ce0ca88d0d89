//! Screens of a terminal as an SVG that shows one after the other.

use std::fmt::Write;

use avt::{Cell, Color, Line, Pen};

const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 14.0;
const PAPER: &str = "#16181d";
const INK: &str = "#d8dee9";
/// The sixteen colours of a terminal.
const COLORS: [&str; 16] = [
    "#3b4252", "#d06c75", "#9bc07b", "#e0b872", "#6fa8dc", "#b48ead", "#6cb6b0", "#d8dee9",
    "#6b7280", "#e08088", "#b0d08c", "#f0cc88", "#8cc0f0", "#cba6f7", "#84d0ca", "#ffffff",
];

/// A screen and how long it is shown, in seconds.
pub struct Frame {
    pub lines: Vec<Line>,
    pub seconds: f64,
}

/// The picture of all frames, repeated for ever.
pub fn animate(frames: &[Frame], columns: u16, title: &str) -> String {
    let total: f64 = frames.iter().map(|frame| frame.seconds).sum();
    let rows = frames.iter().map(|frame| frame.lines.len()).max().unwrap_or(0);
    let width = f64::from(columns) * WIDTH + 2.0 * MARGIN;
    let height = f64::from(u32::try_from(rows).expect("few rows")) * HEIGHT + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>\n\
         text {{ font: 14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; \
         white-space: pre; fill: {INK} }}\n.frame {{ visibility: hidden }}\n"
    );
    let mut start = 0.0;
    for (at, frame) in frames.iter().enumerate() {
        let (from, to) = (start / total * 100.0, (start + frame.seconds) / total * 100.0);
        let _ = writeln!(
            out,
            "@keyframes f{at} {{ 0% {{ visibility: hidden }} {from:.2}% {{ visibility: visible }} \
             {to:.2}%, 100% {{ visibility: hidden }} }}\n\
             #f{at} {{ animation: f{at} {total:.1}s step-end infinite }}"
        );
        start += frame.seconds;
    }
    // Who asked for no motion sees the last screen.
    let last = frames.len().saturating_sub(1);
    let _ = writeln!(
        out,
        "@media (prefers-reduced-motion: reduce) {{ .frame {{ animation: none !important }} \
         #f{last} {{ visibility: visible }} }}\n</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>"
    );
    for (at, frame) in frames.iter().enumerate() {
        let _ = writeln!(out, "<g class=\"frame\" id=\"f{at}\">");
        for (row, line) in frame.lines.iter().enumerate() {
            draw(&mut out, line, f64::from(u32::try_from(row).expect("few rows")));
        }
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

/// A line in runs of one look each, so that every run begins in its own column.
fn draw(out: &mut String, line: &Line, row: f64) {
    let cells = line.cells();
    let top = MARGIN + row * HEIGHT;
    let mut from = 0;
    while from < cells.len() {
        let pen = cells[from].pen();
        let same = cells[from..].iter().take_while(|cell| cell.pen() == pen).count();
        let run = &cells[from..from + same];
        let text: String = run.iter().filter(|cell| cell.width() > 0).map(Cell::char).collect();
        let x = MARGIN + f64::from(u32::try_from(from).expect("few columns")) * WIDTH;
        let (ink, paper) = colors(pen);
        if let Some(paper) = paper {
            let width = f64::from(u32::try_from(same).expect("few columns")) * WIDTH;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
            );
        }
        let shown = text.trim_end();
        if !shown.is_empty() {
            let shown = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let weight = if pen.is_bold() { " font-weight=\"bold\"" } else { "" };
            let faint = if pen.is_faint() { " opacity=\"0.6\"" } else { "" };
            let line = if pen.is_underline() { " text-decoration=\"underline\"" } else { "" };
            let y = top + 13.5;
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" style=\"fill:{ink}\"{weight}{faint}{line} \
                 xml:space=\"preserve\">{shown}</text>"
            );
        }
        from += same;
    }
}

/// Ink and paper of a look.
fn colors(pen: &Pen) -> (String, Option<String>) {
    let name = |color: Color| match color {
        Color::Indexed(at @ 0..16) => COLORS[usize::from(at)].to_owned(),
        Color::Indexed(at @ 16..232) => {
            let part = |n: u8| if n == 0 { 0 } else { 55 + n * 40 };
            let at = at - 16;
            format!("#{:02x}{:02x}{:02x}", part(at / 36), part(at / 6 % 6), part(at % 6))
        }
        Color::Indexed(at) => {
            let grey = 8 + (at - 232) * 10;
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        Color::RGB(c) => format!("#{:02x}{:02x}{:02x}", c.r, c.g, c.b),
    };
    let ink = pen.foreground().map_or_else(|| INK.to_owned(), name);
    let paper = pen.background().map(name);
    if pen.is_inverse() {
        (paper.unwrap_or_else(|| PAPER.to_owned()), Some(ink))
    } else {
        (ink, paper)
    }
}
