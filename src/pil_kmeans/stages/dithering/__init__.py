"""Dithering: colours between the entries of a palette as a mix of them."""
