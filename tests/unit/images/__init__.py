"""Tests of `agent.images`."""
