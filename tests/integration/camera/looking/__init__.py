"""The looking process itself."""
