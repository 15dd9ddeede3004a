//! PNG and JPEG pictures.

use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use image::{DynamicImage, ImageDecoder as _, ImageReader};

/// Whether a picture has pixels that are no grey; not where it cannot be read.
pub(super) fn has_colours(path: &Path) -> bool {
    let grey = |pixel: &image::Rgb<u8>| pixel.0.iter().all(|&part| part == pixel.0[0]);
    image::open(path)
        .is_ok_and(|picture| picture.color().has_color() && !picture.to_rgb8().pixels().all(grey))
}

/// Values in [0, 1] of a picture and their shape, `[1, H, W]` in grey or `[3, H, W]` in colour (red, green, blue). A
/// picture is turned as its EXIF data say.
///
/// # Errors
/// When it is no picture that can be read, or has transparent pixels, which are of no colour.
pub(in crate::domain) fn read(path: &Path, colour: bool) -> Result<(Vec<f32>, [usize; 3])> {
    let open = || -> image::ImageResult<DynamicImage> {
        let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        Ok(picture)
    };
    // The error's text has its source's in it, so the chain is not told besides.
    let picture =
        open().map_err(|e| anyhow!("cannot read {} as a PNG or JPEG picture: {e}", path.display()))?;
    ensure!(
        !picture.color().has_alpha() || picture.to_rgba16().pixels().all(|pixel| pixel.0[3] == u16::MAX),
        "{} has transparent pixels; expected a picture without, lay it on a background",
        path.display()
    );
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    if !colour {
        return Ok((picture.to_luma32f().into_raw(), [1, height, width]));
    }
    let values = picture.to_rgb32f().into_raw();
    let plane = |channel: usize| values.iter().skip(channel).step_by(3).copied();
    Ok(((0..3).flat_map(plane).collect(), [3, height, width]))
}
