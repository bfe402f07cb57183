//! `quantette N_COLORS none|floyd-steinberg [TIMES]`: a PPM from standard input to standard output, by k-means in Oklab,
//! done so many times over, so that its own time can be told from that of a process.

use std::env::args;
use std::error::Error;
use std::hint::black_box;
use std::io::{stdin, stdout};

use benchmarks::{Picture, read, write};
use quantette::deps::palette::{Srgb, cast};
use quantette::dither::FloydSteinberg;
use quantette::{ImageRef, Pipeline, QuantizeMethod};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = args().skip(1).collect();
    let (n_colors, dither, times) = match words.as_slice() {
        [n_colors, dither] => (n_colors, dither, 1),
        [n_colors, dither, times] => (n_colors, dither, times.parse::<u32>()?),
        _ => return Err("wanted: the number of colours, none or floyd-steinberg, and how many times".into()),
    };
    let ditherer = match dither.as_str() {
        "none" => None,
        "floyd-steinberg" => Some(FloydSteinberg::new()),
        _ => return Err(format!("no dither {dither}").into()),
    };
    let picture = read(stdin())?;
    let pixels: &[Srgb<u8>] = cast::from_component_slice(&picture.samples);
    let image = ImageRef::new(picture.width, picture.height, pixels).map_err(|refused| refused.error)?;
    let pipeline = Pipeline::new()
        .palette_size(n_colors.parse::<u16>()?.try_into()?)
        .quantize_method(QuantizeMethod::kmeans())
        .ditherer(ditherer)
        .input_image(image);
    let mut result = pipeline.clone().output_srgb8_image();
    for _ in 1..times {
        result = black_box(pipeline.clone()).output_srgb8_image();
    }
    write(stdout(), &Picture { samples: cast::into_component_vec(result.into_inner()), ..picture })?;
    Ok(())
}
