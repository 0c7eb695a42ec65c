"""Tests of agent.commands."""
