"""Many files in, many files out: plan, size, enlarge, run. One bad file never stops the others."""
