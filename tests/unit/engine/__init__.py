"""Tests of agent.engine without a process or a model."""
