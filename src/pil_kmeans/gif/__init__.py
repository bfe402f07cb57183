"""GIF: frames in palettes -> bytes of a GIF89a, exactly or as small as a roughness allows."""
