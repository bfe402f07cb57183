"""GIF: frames of one palette -> bytes of a GIF89a, exactly or as small as a roughness allows."""
