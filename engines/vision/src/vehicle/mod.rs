//! The vehicles of a frame, and what a picture shows of the one that carries a plate.
//!
//! | file | question | answer |
//! |---|---|---|
//! | `net`, `anchors` | a window of the frame | boxes with a score for each class |
//! | `carrier` | boxes and plate | the vehicle that the plate hangs on, and its kind |
//! | `light` | the frame | whether colours can be told in it |
//! | `paint` | box and plate | the body's colour |
//! | `ground` | plate | the colours of its ground and characters |
//!
//! What is not clear is absent: most of all a lorry's or a bus's class, which the network gives to old cars and tall taxis as surely
//! as to lorries and buses, so that `describe` never says it. The plate's series has no say here: whether it agrees is for those who
//! compare.

mod anchors;
mod carrier;
mod ground;
mod light;
mod net;
mod paint;
#[cfg(test)]
mod tests;

use shouhu_plate::{SeenVehicle, VehicleKind};

use anchors::{Place, one_per_vehicle};
use carrier::Carrier;
use ground::Tones;
use light::Light;
pub use net::VehicleNet;
use paint::Paint;

use crate::area::{Area, Window};
use crate::pixels::luma_of as luma;
use crate::{Frame, Quad};

/// A vehicle somewhere in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vehicle {
    /// Frame pixels.
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
    /// What the network takes it for first. It takes old cars and tall ones for lorries and buses at any score.
    pub kind: VehicleKind,
    /// 0 to 1, not calibrated.
    pub score: f32,
}

/// Places with a lower score are not vehicles.
const SCORE_MIN: f32 = 0.4;
/// A frame this much longer than wide, or wider than long, is also looked at in squares.
const SQUARES_FROM: f32 = 1.2;
/// Squares of a strip of a frame; the network runs once for each.
const SQUARES_MAX: usize = 4;
/// A box that ends so near a square's inner edge is cut off there, as a share of the frame's longer side.
const CUT_SHARE: f32 = 0.01;

/// The square around a plate that its vehicle fills, in plate widths, and by which share of it the plate lies below its middle.
const AROUND_WIDTHS: f32 = 8.0;
const AROUND_BELOW: f32 = 0.15;
/// A plate seen from the side is wider than it looks: at least so many times its height.
const WIDTH_PER_HEIGHT: f32 = 2.0;
/// Smaller squares hold nothing that the network could see.
const AROUND_MIN_PX: f32 = 16.0;
/// Scores below this are noise.
const NEAR_SCORE_MIN: f32 = 0.05;

/// All vehicles of a frame, surest first.
pub fn all(net: &VehicleNet, frame: &Frame) -> Result<Vec<Vehicle>, String> {
    let mut places = Vec::new();
    for window in windows(frame.width as usize, frame.height as usize) {
        let seen = net.look(frame, window, SCORE_MIN)?;
        places.extend(seen.into_iter().filter(|place| !is_cut(&place.area, window, frame)));
    }
    let vehicle = |place: Place| {
        let Area { left, top, right, bottom } = place.area;
        Vehicle { left, top, right, bottom, kind: place.kind(), score: place.best() }
    };
    Ok(one_per_vehicle(places).into_iter().map(vehicle).collect())
}

/// What the frame shows of the vehicle that carries this plate.
pub fn of_plate(net: &VehicleNet, frame: &Frame, plate: &Quad) -> Result<SeenVehicle, String> {
    let Some((window, width)) = around(plate, frame) else { return Ok(SeenVehicle::default()) };
    let carrier = Carrier::of(&net.look(frame, window, NEAR_SCORE_MIN)?, plate, width);
    let kind = carrier.and_then(|carrier| carrier.kind());
    let tones = Light::of(frame).tells_colours().then(|| Tones::of(frame, plate)).flatten();
    let colour = match (carrier.and_then(|carrier| carrier.paintwork()), tones) {
        (Some(body), Some(tones)) => Paint::of(frame, &body, &Area::of(plate), tones.bright).and_then(|paint| paint.colour()),
        _ => None,
    };
    Ok(SeenVehicle { kind, colour, plate_colour: tones.and_then(|tones| tones.colour()) })
}

/// The whole frame, and the squares of a long one.
fn windows(width: usize, height: usize) -> Vec<Window> {
    let (short, long) = (width.min(height), width.max(height));
    let mut all = vec![Window { left: 0, top: 0, width, height }];
    if long as f32 >= short as f32 * SQUARES_FROM {
        let count = long.div_ceil(short.max(1)).clamp(2, SQUARES_MAX);
        for square in 0..count {
            let from = square * (long - short) / (count - 1);
            let (left, top) = if width > height { (from, 0) } else { (0, from) };
            all.push(Window { left, top, width: short, height: short });
        }
    }
    all
}

/// Whether the window, not the frame, cuts it off: another window shows it whole.
fn is_cut(area: &Area, window: Window, frame: &Frame) -> bool {
    let near = CUT_SHARE * frame.width.max(frame.height) as f32;
    let (right, bottom) = (window.left + window.width, window.top + window.height);
    (window.left > 0 && area.left - window.left as f32 <= near)
        || (window.top > 0 && area.top - window.top as f32 <= near)
        || (right < frame.width as usize && right as f32 - area.right <= near)
        || (bottom < frame.height as usize && bottom as f32 - area.bottom <= near)
}

/// The window around a plate, moved inside the frame, and the plate's width in pixels; none when there is no such plate.
fn around(plate: &Quad, frame: &Frame) -> Option<(Window, f32)> {
    let width = plate.width_px().max(WIDTH_PER_HEIGHT * plate.height_px());
    let side = AROUND_WIDTHS * width;
    if !plate.is_finite() || !side.is_finite() || side < AROUND_MIN_PX {
        return None;
    }
    let (x, y) = plate.centre();
    let span = |centre: f32, size: usize| {
        if side >= size as f32 {
            return (0, size);
        }
        // Casts of floats saturate, which is what clipping wants.
        let length = (side.round() as usize).clamp(1, size);
        (((centre - side / 2.0).round().max(0.0) as usize).min(size - length), length)
    };
    let (left, across) = span(x, frame.width as usize);
    let (top, down) = span(y - AROUND_BELOW * side, frame.height as usize);
    Some((Window { left, top, width: across, height: down }, width))
}

/// How far the channels lie apart, as a share of the brightest; 0 to 1 for grey levels.
fn saturation([red, green, blue]: [f32; 3]) -> f32 {
    let most = red.max(green).max(blue);
    (most - red.min(green).min(blue)) / most.max(1.0)
}

/// In degrees, 0 is red.
fn hue([red, green, blue]: [f32; 3]) -> f32 {
    let most = red.max(green).max(blue);
    let spread = (most - red.min(green).min(blue)).max(1e-6);
    let sixths = if red >= most {
        ((green - blue) / spread).rem_euclid(6.0)
    } else if green >= most {
        (blue - red) / spread + 2.0
    } else {
        (red - green) / spread + 4.0
    };
    sixths * 60.0
}
