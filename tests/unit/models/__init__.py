"""Tests of what models say of themselves."""
