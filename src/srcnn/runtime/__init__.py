"""A model file becomes a fast function: graph, exact rewriting, engine, strips. Never imports torch."""
