"""Tests of agent.demo."""
