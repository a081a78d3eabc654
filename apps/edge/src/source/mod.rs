//! Where frames come from: folders of pictures, video files, and live cameras.

mod ffmpeg;
mod folder;
mod live;
mod ppm;
mod process;
mod seen;
mod video;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use ffmpeg::{FILM_SILENCE_MAX, Ffmpeg, STOP_FOLLOWS};
pub use folder::FolderSource;
pub use live::LiveSource;
pub use video::VideoSource;

/// How sources behave, the same for all of one agent.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// Frames per second taken from video; pictures per second of a folder that is played in a loop.
    pub fps: Option<f64>,
    /// End when everything that is there now has been read.
    pub is_once: bool,
    /// Play again from the start, for ever, as though it were live.
    pub is_loop: bool,
    pub ffmpeg: PathBuf,
    /// How long a film's decoder may give no picture before it is ended: [`FILM_SILENCE_MAX`], less in tests.
    pub film_silence_max: Duration,
}

impl SourceOptions {
    /// Eight frames show a car that passes at 60 km/h about ten times.
    #[must_use]
    pub fn video_fps(&self) -> f64 {
        self.fps.unwrap_or(8.0)
    }

    #[must_use]
    pub fn loop_fps(&self) -> f64 {
        self.fps.unwrap_or(1.0)
    }
}

/// What `--source` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    Folder(PathBuf),
    Video(PathBuf),
    /// RTSP and other streams.
    Stream(String),
    /// A USB camera.
    Camera(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("source {0:?} does not exist")]
    Missing(String),
    #[error("source {text:?} has the scheme {scheme:?}; rtsp, rtsps, rtmp, http, https and srt are possible")]
    Scheme { text: String, scheme: String },
    #[error("source {0:?} is a picture; give its folder")]
    Picture(String),
    #[error("source {0:?} is neither a folder, a file nor a video device")]
    Kind(String),
}

impl SourceSpec {
    /// # Errors
    /// When it names nothing that frames can come from.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        use std::os::unix::fs::FileTypeExt;
        if let Some((scheme, _)) = text.split_once("://") {
            return if matches!(scheme, "rtsp" | "rtsps" | "rtmp" | "http" | "https" | "srt") {
                Ok(Self::Stream(text.to_owned()))
            } else {
                Err(SourceError::Scheme { text: without_credentials(text), scheme: scheme.to_owned() })
            };
        }
        let path = PathBuf::from(text);
        let Ok(meta) = std::fs::metadata(&path) else { return Err(SourceError::Missing(text.to_owned())) };
        if meta.is_dir() {
            Ok(Self::Folder(path))
        } else if meta.file_type().is_char_device() {
            Ok(Self::Camera(path))
        } else if !meta.is_file() {
            Err(SourceError::Kind(text.to_owned()))
        } else if is_picture(&path) {
            Err(SourceError::Picture(text.to_owned()))
        } else {
            Ok(Self::Video(path))
        }
    }

    #[must_use]
    pub fn needs_ffmpeg(&self) -> bool {
        !matches!(self, Self::Folder(_))
    }

    /// Without user name and password.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Folder(path) | Self::Video(path) | Self::Camera(path) => path.display().to_string(),
            Self::Stream(url) => without_credentials(url),
        }
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    matches!(extension.as_str(), "jpg" | "jpeg" | "png")
}

/// `rtsp://user:password@host/…` without what is before the `@`; query strings may hold tokens and go too.
#[must_use]
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_password_never_leaves_the_device() {
        assert_eq!(without_credentials("rtsp://admin:p@ss@10.0.0.5:554/ch1?token=x"), "rtsp://10.0.0.5:554/ch1");
        let refused = SourceSpec::parse("gopher://u:secret@x/").err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refused.contains("gopher") && !refused.contains("secret"), "{refused}");
    }
}
