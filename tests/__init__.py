"""The tests; each folder says what its tests stand on, and mirrors `agent/`."""
