"""Updates with real servers and real processes."""
