//! The reliability diagram: what was promised against what was kept, with the interval of each bin and the number of its reads.

use std::fmt::Write as _;

use crate::conditions::{bins, expected_calibration_error};
use crate::shared::{Score, wilson};

const SIDE: f64 = 360.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 34.0;

fn x_of(share: f64) -> f64 {
    LEFT + share * SIDE
}

fn y_of(share: f64) -> f64 {
    TOP + (1.0 - share) * SIDE
}

/// An SVG picture of the judged reads of all sets together.
pub fn reliability(scores: &[Score]) -> String {
    let bins = bins(scores);
    let (width, height) = (LEFT + SIDE + 24.0, TOP + SIDE + 52.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\">expected calibration error {:.1} %, {} reads</text>\n",
        expected_calibration_error(&bins),
        bins.iter().map(|bin| bin.reads).sum::<usize>()
    );
    for tenth in 0..=10 {
        let share = f64::from(tenth) / 10.0;
        let (x, y) = (x_of(share), y_of(share));
        let _ = writeln!(
            svg,
            "<path d=\"M{x} {TOP}V{0}M{LEFT} {y}H{1}\" stroke=\"#ddd\"/><text x=\"{x}\" y=\"{2}\" text-anchor=\"middle\">{share}</text>\
             <text x=\"{3}\" y=\"{4}\" text-anchor=\"end\">{share}</text>",
            TOP + SIDE,
            LEFT + SIDE,
            TOP + SIDE + 16.0,
            LEFT - 6.0,
            y + 4.0
        );
    }
    let _ = writeln!(svg, "<path d=\"M{} {}L{} {}\" stroke=\"#888\" stroke-dasharray=\"4 3\"/>", x_of(0.0), y_of(0.0), x_of(1.0), y_of(1.0));
    for bin in &bins {
        let (low, high) = wilson(bin.right, bin.reads);
        let (x, y) = (x_of(bin.mean_confidence), y_of(bin.right as f64 / bin.reads as f64));
        let (top, bottom) = (y_of(high / 100.0), y_of(low / 100.0));
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#1c5d99\" stroke-width=\"2\"/>\
             <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#1c5d99\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#1c5d99\">{}</text>",
            x + 6.0,
            y + 14.0,
            bin.reads
        );
    }
    let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">confidence promised</text>", x_of(0.5), TOP + SIDE + 38.0);
    let _ = writeln!(svg, "<text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">reads that were right</text>\n</svg>", y_of(0.5));
    svg
}
