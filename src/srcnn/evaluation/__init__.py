"""Protocols, measurements and published numbers. Takes any callable; knows no engine and no network."""
