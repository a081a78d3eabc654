//! The real edge agent at the city's first camera: it gets rendered frames in a folder and does the rest.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

use crate::frame;
use crate::setup::Cast;

pub struct Edge {
    frames: PathBuf,
    drawn: u32,
    agent: Child,
}

impl Edge {
    /// Enrols once, then runs until it is dropped.
    pub fn start(program: &Path, folder: &Path, cast: &Cast) -> anyhow::Result<Self> {
        let data = folder.join("agent");
        let frames = folder.join("frames");
        std::fs::create_dir_all(&frames)?;
        if !data.exists() {
            let token = cast.edge_token()?;
            let enrolled = Command::new(program)
                .args(["enrol", "--server", &cast.url, "--token", &token, "--data"])
                .arg(&data)
                .output()
                .with_context(|| format!("cannot start {}", program.display()))?;
            if !enrolled.status.success() {
                bail!("the edge agent could not enrol: {}", String::from_utf8_lossy(&enrolled.stderr));
            }
        }
        let log = std::fs::File::create(folder.join("agent.log"))?;
        let agent = Command::new(program)
            .arg("run")
            .arg("--data")
            .arg(&data)
            .arg("--source")
            .arg(&frames)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Self { frames, drawn: u32::try_from(count(folder)).unwrap_or(0), agent })
    }

    /// Puts a frame before the camera.
    pub fn show(&mut self, plate: &str) -> anyhow::Result<()> {
        let jpeg = frame::draw(plate, self.drawn)?;
        // Written beside and renamed, as a camera's uploader does, so that no half file is read.
        let name = self.frames.join(format!("frame-{:06}.jpg", self.drawn));
        let beside = name.with_extension("part");
        std::fs::write(&beside, jpeg)?;
        std::fs::rename(&beside, &name)?;
        self.drawn += 1;
        Ok(())
    }
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("frames")).map_or(0, |entries| entries.flatten().count())
}

impl Drop for Edge {
    fn drop(&mut self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.agent.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.agent.kill();
        }
        let _ = self.agent.wait();
    }
}
