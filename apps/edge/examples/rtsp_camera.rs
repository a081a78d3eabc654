//! The tests' camera as a program, for `benches/live`: `rtsp_camera FPS FILM.h264 [FILM.h264 …]`.
//!
//! Films are raw H.264 with access unit delimiters, all of one length. It prints its address and obeys a word a line on
//! its standard input: `lose`, `mute`, `back`, `film N`, `jump SECONDS`. It ends with its input.

#[path = "../tests/support/camera.rs"]
#[allow(dead_code, clippy::indexing_slicing, reason = "shared with the tests, which need more of it and may stumble")]
mod camera;

use std::io::BufRead;

use camera::{Camera, Film};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (fps, names) = arguments.split_first().ok_or("usage: rtsp_camera FPS FILM.h264 …")?;
    let fps: f64 = fps.parse()?;
    let films = names.iter().map(|name| std::fs::read(name).map(|bytes| Film::parse(&bytes, fps))).collect::<Result<Vec<_>, _>>()?;
    let camera = Camera::start(films)?;
    println!("{}", camera.address);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (word, value) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "lose" => camera.lose(),
            "mute" => camera.mute(),
            "back" => camera.recover(),
            "film" => camera.show(value.parse()?),
            "jump" => camera.jump_s(value.parse()?),
            other => return Err(format!("{other} is no word of this camera").into()),
        }
    }
    Ok(())
}
