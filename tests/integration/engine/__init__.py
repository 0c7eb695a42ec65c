"""Tests of agent.engine with real processes and the shipped model."""
