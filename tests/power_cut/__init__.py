"""Kills: at random, and at every persisted step."""
