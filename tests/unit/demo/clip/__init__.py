"""Tests of the demo's clip."""
