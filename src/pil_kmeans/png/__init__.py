"""PNG: indices and a palette -> bytes, and the search for indices that take few of them."""
