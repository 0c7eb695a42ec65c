"""As in the real package: nothing that we use."""
