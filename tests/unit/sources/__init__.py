"""Tests of `agent.sources`."""
