"""How fast the shipped models are on this machine: what `srcnn bench` measures and draws."""
