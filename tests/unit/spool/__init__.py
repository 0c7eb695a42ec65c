"""Tests of agent.spool."""
