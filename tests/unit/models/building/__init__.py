"""Tests of how models are built."""
