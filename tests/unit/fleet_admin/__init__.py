"""Tests of the operator's side of a fleet."""
