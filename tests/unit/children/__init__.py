"""Tests of agent.children."""
