"""Tests of agent.camera."""
