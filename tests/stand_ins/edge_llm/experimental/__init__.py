"""As in the real package: nothing."""
