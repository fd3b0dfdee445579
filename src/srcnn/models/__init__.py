"""The torch networks, one file each. Needs the `train` extra."""
