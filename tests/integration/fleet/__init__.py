"""Tests of `agent.fleet` with real files, processes and servers."""
