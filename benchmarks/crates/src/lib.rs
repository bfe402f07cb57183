//! Pictures as binary PPM, 8 bits a sample: what NumPy and Pillow write without a library here.

use std::io::{Error, ErrorKind, Read, Result, Write};

pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// Red, green and blue of each pixel, row by row.
    pub samples: Vec<u8>,
}

pub fn read(mut source: impl Read) -> Result<Picture> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    parse(&bytes).ok_or_else(|| Error::new(ErrorKind::InvalidData, "not a binary PPM of 8 bits a sample"))
}

/// The header is four words, the last of them followed by one byte of white space.
fn parse(bytes: &[u8]) -> Option<Picture> {
    let mut words = bytes.splitn(5, u8::is_ascii_whitespace);
    let mut word = || std::str::from_utf8(words.next()?).ok();
    let (kind, width, height, most) = (word()?, word()?.parse().ok()?, word()?.parse().ok()?, word()?);
    let samples = words.next()?.to_vec();
    let is_whole = samples.len() == 3 * width as usize * height as usize;
    (kind == "P6" && most == "255" && is_whole).then_some(Picture { width, height, samples })
}

pub fn write(mut target: impl Write, picture: &Picture) -> Result<()> {
    write!(target, "P6\n{} {}\n255\n", picture.width, picture.height)?;
    target.write_all(&picture.samples)
}
