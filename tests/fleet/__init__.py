"""Programs and servers for the tests of updates."""
