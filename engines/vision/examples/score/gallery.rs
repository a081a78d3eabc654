//! A page of everything that went wrong: the plate as it stands in the picture, what it says, and what was read.

use std::fmt::Write as _;
use std::path::Path;

use shouhu_vision::{DecodeLimits, PlateRead, decode_image, encode_jpeg};

use crate::shared::{GHOST_CONFIDENCE, SETS, Score, root_of};

/// Around a plate, in shares of its sides.
const MARGIN: f32 = 0.35;
const JPEG_QUALITY: u8 = 88;

pub fn write<'a>(folder: &Path, scores: impl IntoIterator<Item = &'a Score>) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><title>Plates read wrong</title><style>body{font:14px sans-serif;background:#1b2129;color:#ddd}\
         figure{display:inline-block;margin:6px;vertical-align:top;width:250px}img{width:100%}b{color:#fff}</style>\n",
    );
    for score in scores {
        let _ = writeln!(page, "<h1>{}</h1>", score.name);
        let Some(root) = SETS.iter().find(|set| set.name == score.name).and_then(root_of) else { continue };
        let mut number = 0;
        let missed = score.outcomes.iter().filter(|o| !o.truth.is_empty() && !o.is_exact());
        let unseen = score.outcomes.iter().filter(|o| o.truth.is_empty() && !o.is_detected);
        let wrong = missed.chain(unseen).map(|o| (&o.image, o.truth_quad.or(o.read.as_ref().map(|r| r.quad)), o.truth.as_str(), o.read.as_ref()));
        let ghosts = score.ghosts.iter().filter(|g| g.read.confidence >= GHOST_CONFIDENCE);
        let ghosts = ghosts.map(|ghost| (&ghost.image, Some(ghost.read.quad), "no labelled plate", Some(&ghost.read)));
        for (image, quad, truth, read) in wrong.chain(ghosts) {
            number += 1;
            let name = format!("{}_{number}.jpg", score.name);
            let bytes = std::fs::read(root.join(score.name).join("images").join(image)).map_err(|error| format!("{image}: {error}"))?;
            let frame = decode_image(&bytes, &DecodeLimits::default()).map_err(|error| format!("{image}: {error}"))?;
            let part = quad.map_or_else(|| frame.clone(), |quad| frame.crop(&quad, MARGIN));
            let jpeg = encode_jpeg(&part, JPEG_QUALITY).map_err(|error| format!("{image}: {error}"))?;
            std::fs::write(folder.join(&name), jpeg).map_err(|error| format!("{name}: {error}"))?;
            let _ = writeln!(page, "<figure><img src={name}><figcaption>{image}<br><b>{truth}</b><br>{}</figcaption></figure>", said(read));
        }
    }
    std::fs::write(folder.join("index.html"), page).map_err(|error| error.to_string())
}

fn said(read: Option<&PlateRead>) -> String {
    let Some(read) = read else { return "not read".to_owned() };
    let mut text = format!("detector {:.2}", read.detector_score);
    for other in &read.alternatives {
        let _ = write!(text, "<br>{} {:.2}", other.text, other.probability);
    }
    text
}
