"""Tests of what reads cameras."""
