"""Tests of agent.budget."""
