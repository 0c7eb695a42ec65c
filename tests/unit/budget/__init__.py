"""Mirrors agent/budget."""
