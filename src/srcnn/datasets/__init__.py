"""The standard picture sets: what they hold, where they come from, and whether a folder is one of them."""
