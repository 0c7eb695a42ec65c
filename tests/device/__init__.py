"""On real hardware: run by hand, each says what it ran on."""
