"""Anything given as a picture -> upright sRGB samples; colours, palettes and frames that are given with it."""
