mod benchmark;
mod cumcm;
mod degenerate;
mod pursuit;
mod small;
