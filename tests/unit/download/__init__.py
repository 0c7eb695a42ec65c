"""Tests of `agent.fleet`, as far as they need no server."""
