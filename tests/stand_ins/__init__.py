"""Small packages that pass for large ones which cannot be installed everywhere."""
