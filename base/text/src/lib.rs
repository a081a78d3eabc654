//! Text files from other offices: bytes into characters, characters into rows of cells.
//!
//! A **charset** is what the sender says the file is written in, or `auto`; [`decode`] finds out and replaces what cannot
//! be read by U+FFFD. [`csv::Rows`] cuts the text into rows that keep the line and the number under which people find them;
//! a **fault** is a row that cannot be used, beside rows that can; [`table`] finds columns under whatever name a
//! list has for them. [`sheet`] is the way out. [`narrow`] turns full-width forms into ASCII, [`folded`] and
//! [`squeezed`] make comparable what people write.
//!
//! **Invariant:** nothing here refuses a file for one bad character or one bad row; which of them are too many is each
//! room's own rule, told with the room's own key.

mod charset;
pub mod csv;
pub mod sheet;
pub mod table;
mod width;

pub use charset::{Charset, DecodeError, Decoded, decode};
pub use width::{folded, narrow, squeezed};
