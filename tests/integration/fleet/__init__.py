"""Tests of `agent.fleet` against a real repository at a real server."""
