"""What fewer colours do to a picture: palettes as swatches, errors, sizes."""
