"""The methods the paper was compared with, learned from pictures' luma: what came before the network.

Each has a file that derives it and names its source. They take and give what a network does, luma at low
resolution to luma at high resolution, so that evaluation measures them alike. This package knows nothing of
files of pictures, networks or metrics; fitting needs scikit-learn (extra `paper`).
"""

RIVALS: tuple[str, ...] = ("sc", "ne-lle", "kk", "anr", "a+")
"""Sparse coding, neighbour embedding, kernel regression, anchored neighbourhood regression, and that adjusted."""
