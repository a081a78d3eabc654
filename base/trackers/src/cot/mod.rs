//! Cursor on Target 2.0: the XML events of TAK clients, read and written.
//!
//! Source: the MITRE report "Cursor on Target Message Router User's Guide" (MP090284, 2009), appendix A (event and point), and
//! the sub-schemas that TAK clients write: `contact`, `track`, `status`, `link`, `emergency`. Lengths are metres, the speed of
//! `track` is metres per second, 9999999 stands for an unknown radius or height.

mod read;
mod write;

pub use read::{BYTES_MAX, DEPTH_MAX, read};
pub use write::{Friend, write};

/// A height or radius that is not known.
const UNKNOWN_M: f64 = 9_999_999.0;
