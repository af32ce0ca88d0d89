//! Screens of a terminal as an SVG that shows one after the other.

use std::fmt::Write;

use avt::{Cell, Line};

use crate::palette::{Palette, Rgb};

const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 14.0;
/// The looks of the picture.
const PALETTE: Palette = Palette {
    ink: [216, 222, 233],
    paper: [22, 24, 29],
    named: [
        [59, 66, 82],
        [208, 108, 117],
        [155, 192, 123],
        [224, 184, 114],
        [111, 168, 220],
        [180, 142, 173],
        [108, 182, 176],
        [216, 222, 233],
        [107, 114, 128],
        [224, 128, 136],
        [176, 208, 140],
        [240, 204, 136],
        [140, 192, 240],
        [203, 166, 247],
        [132, 208, 202],
        [255, 255, 255],
    ],
};

/// A screen of the picture.
pub struct Frame {
    /// The screen, with its colours.
    pub lines: Vec<Line>,
    /// How long it is shown.
    pub seconds: f64,
}

/// The picture of all frames, repeated for ever.
pub fn animate(frames: &[Frame], columns: u16, title: &str) -> String {
    let (ink, paper) = (hex(PALETTE.ink), hex(PALETTE.paper));
    let total: f64 = frames.iter().map(|frame| frame.seconds).sum();
    let rows = frames.iter().map(|frame| frame.lines.len()).max().unwrap_or(0);
    let width = f64::from(columns) * WIDTH + 2.0 * MARGIN;
    let height = f64::from(u32::try_from(rows).expect("few rows")) * HEIGHT + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>\n\
         text {{ font: 14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; \
         white-space: pre; fill: {ink} }}\n.frame {{ visibility: hidden }}\n"
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
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{paper}\"/>"
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
        let (ink, paper) = PALETTE.colors(pen);
        let ink = hex(ink);
        if let Some(paper) = paper.map(hex) {
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

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
