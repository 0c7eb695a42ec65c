"""Tests of `agent.link`, as far as they need no broker."""
