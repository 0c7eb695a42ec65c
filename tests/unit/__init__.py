"""Tests of single parts: no broker, no model, no waiting."""
