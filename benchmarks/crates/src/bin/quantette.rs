//! `quantette N_COLORS none|floyd-steinberg`: a PPM from standard input to standard output, by k-means in Oklab.

use std::env::args;
use std::error::Error;
use std::io::{stdin, stdout};

use benchmarks::{Picture, read, write};
use quantette::deps::palette::{Srgb, cast};
use quantette::dither::FloydSteinberg;
use quantette::{ImageRef, Pipeline, QuantizeMethod};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = args().skip(1).collect();
    let [n_colors, dither] = words.as_slice() else {
        return Err("two words are needed: the number of colours, and none or floyd-steinberg".into());
    };
    let ditherer = match dither.as_str() {
        "none" => None,
        "floyd-steinberg" => Some(FloydSteinberg::new()),
        _ => return Err(format!("no dither {dither}").into()),
    };
    let picture = read(stdin())?;
    let pixels: &[Srgb<u8>] = cast::from_component_slice(&picture.samples);
    let result = Pipeline::new()
        .palette_size(n_colors.parse::<u16>()?.try_into()?)
        .quantize_method(QuantizeMethod::kmeans())
        .ditherer(ditherer)
        .input_image(ImageRef::new(picture.width, picture.height, pixels).map_err(|refused| refused.error)?)
        .output_srgb8_image();
    write(stdout(), &Picture { samples: cast::into_component_vec(result.into_inner()), ..picture })?;
    Ok(())
}
