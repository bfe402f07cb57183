//! `fast_ssim2 ORIGINAL RESULT...`: the SSIMULACRA 2 score of each result, a line each. All are PPMs.

use std::env::args;
use std::error::Error;
use std::fs::File;

use benchmarks::{Picture, read};
use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};

fn main() -> Result<(), Box<dyn Error>> {
    let mut pictures = args().skip(1).map(|path| Ok::<_, Box<dyn Error>>(read(File::open(path)?)?));
    let original = pictures.next().ok_or("the original is missing")??;
    let reference = Ssimulacra2Reference::new(&pixels(&original)?)?;
    for result in pictures {
        println!("{}", reference.compare(&pixels(&result?)?)?);
    }
    Ok(())
}

fn pixels(picture: &Picture) -> Result<PixelSlice<'_>, Box<dyn Error>> {
    let Picture { width, height, samples } = picture;
    Ok(PixelSlice::new(samples, *width, *height, 3 * *width as usize, PixelDescriptor::RGB8_SRGB)?)
}
