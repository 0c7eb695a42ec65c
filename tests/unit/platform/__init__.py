"""Tests of `agent.platform`."""
