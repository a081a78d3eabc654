//! A camera's frame, drawn: a street, the back of a car, and its plate, for the real edge agent to read.
//!
//! The characters are our own stroke font in the manner of the Taiwanese die, the same shapes that the recogniser was
//! trained on among others; so these frames prove that the chain works, and say nothing about real photographs.

use image::{ImageBuffer, Rgb, RgbImage};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const JPEG_QUALITY: u8 = 88;

type Stroke = &'static [(f32, f32)];

const LOOP: Stroke = &[(1., 0.), (3., 0.), (4., 1.), (4., 7.), (3., 8.), (1., 8.), (0., 7.), (0., 1.), (1., 0.)];
const BOW: Stroke = &[(0., 8.), (0., 0.), (3., 0.), (4., 1.), (4., 3.4), (3., 4.4), (0., 4.4)];

/// Strokes on a grid 4 wide and 8 high, for the characters of the eighth generation and the digit 4.
fn strokes(ch: char) -> &'static [Stroke] {
    match ch {
        '0' => &[LOOP],
        '1' => &[&[(0.8, 1.3), (2., 0.), (2., 8.)]],
        '2' => &[&[(0., 1.7), (0., 1.), (1., 0.), (3., 0.), (4., 1.), (4., 2.8), (0., 7.2), (0., 8.), (4., 8.)]],
        '3' => &[
            &[(0., 1.4), (0., 1.), (1., 0.), (3., 0.), (4., 1.), (4., 3.), (3.2, 3.8), (1.5, 3.8)],
            &[(3.2, 3.8), (4., 4.6), (4., 7.), (3., 8.), (1., 8.), (0., 7.), (0., 6.6)],
        ],
        '4' => &[&[(3., 8.), (3., 0.), (0., 5.8), (4.2, 5.8)]],
        '5' => &[&[(4., 0.), (0.3, 0.), (0.1, 3.7), (1., 3.), (3., 3.), (4., 4.), (4., 7.), (3., 8.), (1., 8.), (0., 7.), (0., 6.5)]],
        '6' => &[&[
            (4., 1.5), (4., 1.), (3., 0.), (1., 0.), (0., 1.), (0., 7.), (1., 8.), (3., 8.), (4., 7.), (4., 4.4), (3., 3.4), (1., 3.4), (0., 4.4),
        ]],
        '7' => &[&[(0., 0.), (4., 0.), (1.6, 8.)]],
        '8' => &[
            &[(1., 0.), (3., 0.), (4., 1.), (4., 2.9), (3., 3.8), (1., 3.8), (0., 2.9), (0., 1.), (1., 0.)],
            &[(1., 3.8), (3., 3.8), (4., 4.8), (4., 7.), (3., 8.), (1., 8.), (0., 7.), (0., 4.8), (1., 3.8)],
        ],
        '9' => &[&[
            (0., 6.5), (0., 7.), (1., 8.), (3., 8.), (4., 7.), (4., 1.), (3., 0.), (1., 0.), (0., 1.), (0., 3.6), (1., 4.6), (3., 4.6), (4., 3.6),
        ]],
        'A' => &[&[(0., 8.), (2., 0.), (4., 8.)], &[(0.7, 5.6), (3.3, 5.6)]],
        'B' => &[
            &[(0., 0.), (0., 8.), (3., 8.), (4., 7.), (4., 4.8), (3., 3.9), (0., 3.9)],
            &[(3., 3.9), (3.9, 3.), (3.9, 1.), (3., 0.), (0., 0.)],
        ],
        'C' => &[&[(4., 2.2), (4., 1.), (3., 0.), (1., 0.), (0., 1.), (0., 7.), (1., 8.), (3., 8.), (4., 7.), (4., 5.8)]],
        'D' => &[&[(0., 0.), (2.7, 0.), (4., 1.2), (4., 6.8), (2.7, 8.), (0., 8.), (0., 0.)]],
        'E' => &[&[(4., 0.), (0., 0.), (0., 8.), (4., 8.)], &[(0., 3.9), (3.2, 3.9)]],
        'F' => &[&[(4., 0.), (0., 0.), (0., 8.)], &[(0., 3.9), (3.2, 3.9)]],
        'G' => &[&[(4., 2.2), (4., 1.), (3., 0.), (1., 0.), (0., 1.), (0., 7.), (1., 8.), (3., 8.), (4., 7.), (4., 4.5), (2.3, 4.5)]],
        'H' => &[&[(0., 0.), (0., 8.)], &[(4., 0.), (4., 8.)], &[(0., 4.), (4., 4.)]],
        'J' => &[&[(3.6, 0.), (3.6, 7.), (2.7, 8.), (1., 8.), (0., 7.), (0., 5.8)]],
        'K' => &[&[(0., 0.), (0., 8.)], &[(4., 0.), (0., 5.)], &[(1.4, 3.4), (4., 8.)]],
        'L' => &[&[(0., 0.), (0., 8.), (4., 8.)]],
        'M' => &[&[(0., 8.), (0., 0.), (2., 5.2), (4., 0.), (4., 8.)]],
        'N' => &[&[(0., 8.), (0., 0.), (4., 8.), (4., 0.)]],
        'P' => &[BOW],
        'Q' => &[LOOP, &[(2.4, 6.), (4.2, 8.4)]],
        'R' => &[BOW, &[(2., 4.4), (4., 8.)]],
        'S' => &[&[
            (4., 2.), (4., 1.), (3., 0.), (1., 0.), (0., 1.), (0., 2.8), (1., 3.7), (3., 4.3), (4., 5.2), (4., 7.), (3., 8.), (1., 8.), (0., 7.), (0., 6.),
        ]],
        'T' => &[&[(0., 0.), (4., 0.)], &[(2., 0.), (2., 8.)]],
        'U' => &[&[(0., 0.), (0., 7.), (1., 8.), (3., 8.), (4., 7.), (4., 0.)]],
        'V' => &[&[(0., 0.), (2., 8.), (4., 0.)]],
        'W' => &[&[(0., 0.), (1., 8.), (2., 2.4), (3., 8.), (4., 0.)]],
        'X' => &[&[(0., 0.), (4., 8.)], &[(4., 0.), (0., 8.)]],
        'Y' => &[&[(0., 0.), (2., 4.), (4., 0.)], &[(2., 4.), (2., 8.)]],
        'Z' => &[&[(0., 0.), (4., 0.), (0., 8.), (4., 8.)]],
        _ => &[],
    }
}

fn distance(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(1e-6)).clamp(0.0, 1.0);
    ((p.0 - a.0 - t * dx).powi(2) + (p.1 - a.1 - t * dy).powi(2)).sqrt()
}

struct Canvas(RgbImage);

impl Canvas {
    fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, colour: [u8; 3]) {
        self.paint(x, y, width, height, colour, |_, _| 1.0);
    }

    /// Blends a colour by a mask over a rectangle.
    fn paint(&mut self, x: f32, y: f32, width: f32, height: f32, colour: [u8; 3], mask: impl Fn(f32, f32) -> f32) {
        let within = |v: f32, max: u32| v.clamp(0.0, max as f32) as u32;
        for row in within(y, HEIGHT)..within(y + height, HEIGHT) {
            for column in within(x, WIDTH)..within(x + width, WIDTH) {
                let share = mask(column as f32 + 0.5, row as f32 + 0.5).clamp(0.0, 1.0);
                let pixel = self.0.get_pixel_mut(column, row);
                for (channel, wanted) in pixel.0.iter_mut().zip(colour) {
                    *channel = (f32::from(*channel) * (1.0 - share) + f32::from(wanted) * share) as u8;
                }
            }
        }
    }

    fn character(&mut self, ch: char, x: f32, y: f32, height: f32) {
        let (width, thick) = (height * 0.5, height * 0.155);
        let lines = strokes(ch);
        let xs = || lines.iter().flat_map(|line| line.iter().map(|p| p.0));
        let (low, high) = (xs().fold(4.0_f32, f32::min), xs().fold(0.0_f32, f32::max));
        let half = thick / 2.0;
        let place = |p: (f32, f32)| {
            let share = if high > low { (p.0 - low) / (high - low) } else { 0.5 };
            (x + half + share * (width - thick), y + half + p.1 / 8.0 * (height - thick))
        };
        self.paint(x - thick, y - thick, width + 2.0 * thick, height + 2.0 * thick, [24, 24, 26], |px, py| {
            let nearest = lines.iter().flat_map(|line| line.iter().zip(line.iter().skip(1)));
            let nearest = nearest.map(|(a, b)| distance((px, py), place(*a), place(*b))).fold(f32::MAX, f32::min);
            half - nearest + 0.5
        });
    }
}

/// JPEG of a car that stands on the road with this plate (`ABC-1234`); `variant` moves it and changes its colour.
pub fn draw(plate: &str, variant: u32) -> anyhow::Result<Vec<u8>> {
    let mut canvas = Canvas(ImageBuffer::from_fn(WIDTH, HEIGHT, |x, y| {
        // A cheap hash gives sensor noise that is the same for the same frame.
        let noise = (x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263) ^ variant).wrapping_mul(1_274_126_177) >> 28;
        let base = if y < HEIGHT / 3 { 150 - y / 5 } else { 62 + y / 16 };
        let grey = u8::try_from(base + noise).unwrap_or(120);
        Rgb([grey, grey, grey.saturating_add(6)])
    }));
    let colours = [[206, 208, 210], [40, 44, 52], [120, 24, 28], [34, 58, 110], [150, 152, 150]];
    let body = *colours.get(variant as usize % colours.len()).unwrap_or(&[206, 208, 210]);
    let dark = body.map(|c| c / 2);
    let (x, y) = (300.0 + (variant % 7) as f32 * 40.0, 150.0 + (variant % 5) as f32 * 16.0);
    canvas.rectangle(x + 20.0, y + 470.0, 480.0, 26.0, [30, 30, 32]);
    canvas.rectangle(x, y + 150.0, 520.0, 320.0, body);
    canvas.rectangle(x + 60.0, y, 400.0, 160.0, dark);
    canvas.rectangle(x + 80.0, y + 18.0, 360.0, 125.0, [70, 84, 96]);
    canvas.rectangle(x + 12.0, y + 200.0, 70.0, 70.0, [150, 26, 26]);
    canvas.rectangle(x + 438.0, y + 200.0, 70.0, 70.0, [150, 26, 26]);
    canvas.rectangle(x, y + 400.0, 520.0, 70.0, dark);

    // 380 × 160 mm, as the eighth generation's car plate.
    let (width, height) = (210.0, 88.0);
    let (px, py) = (x + 155.0, y + 285.0);
    canvas.rectangle(px - 3.0, py - 3.0, width + 6.0, height + 6.0, [60, 60, 62]);
    canvas.rectangle(px, py, width, height, [236, 236, 232]);
    let letter = 50.0;
    let step = 26.0;
    let separator = plate.find('-').unwrap_or(plate.len());
    let total = plate.chars().filter(|ch| *ch != '-').count() as f32 * step + 14.0;
    let mut at = px + (width - total) / 2.0;
    for (index, ch) in plate.chars().enumerate() {
        if index == separator {
            canvas.rectangle(at + 2.0, py + 41.0, 7.0, 7.0, [24, 24, 26]);
            at += 13.0;
        } else {
            canvas.character(ch, at, py + 20.0, letter * 0.98);
            at += step;
        }
    }
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode_image(&canvas.0)?;
    Ok(jpeg)
}
