//! figures
pub mod palette;
pub mod sample_image;
