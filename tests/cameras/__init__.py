"""Cameras for tests: servers, a device, and pictures that say their own number."""
