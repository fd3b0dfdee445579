"""Files in, files out: finding, decoding, what must be kept, encoding. Knows no networks."""
