//! Small parts of the program: they stand here because testing them within it would build the whole of it twice.

mod ask;
mod jobs;
mod nights;
mod stats;
mod table;
mod window;
