"""The device's part of a fleet: which release it should run, and how it gets there (docs/fleet.md, ADR 39)."""
