"""Which native runtime is for this board."""
