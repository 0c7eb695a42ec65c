"""Measurements that take minutes: run by hand, each says what it ran on."""
