"""Tests of the cameras with real processes, servers and devices."""
