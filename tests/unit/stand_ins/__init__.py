"""Tests of the packages that pass for others."""
