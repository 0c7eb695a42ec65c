"""A model that sees, with random weights: `make` makes it, `files/` is what came of it."""
