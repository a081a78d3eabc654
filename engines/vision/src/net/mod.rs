//! Runs our two networks, and no others, on one core.
//!
//! Both are plain convolutions. A general engine copies the neighbourhood of every pixel into a matrix first; here the pictures lie
//! channels last inside a margin of zeros, so that a neighbourhood is a few straight runs of memory and nothing is copied
//! ([`conv`]), and the 3×3 convolutions without stride are done with 4/9 of the multiplications, of large pictures with 1/4, those with stride of
//! large pictures with fewer than all ([`winograd`]; Lavin & Gray 2016). Crops of one size go through together where a layer's weights are more than its pictures. Vectors come from `rten-simd`: AVX-512, AVX2, Neon, WebAssembly or what there is, chosen when the program runs;
//! the tests run narrower ones beside the best ([`conv::Vectors`]).
//!
//! What this does not know ([`NetError::Unknown`]) is left to rten, which is also what the tests hold it against.

mod conv;
mod maps;
mod plan;
mod tile;
mod winograd;

pub use plan::Net;
#[cfg(test)]
pub use plan::NetError;

#[cfg(test)]
mod tests;
