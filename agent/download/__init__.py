"""Bringing files here over networks that break: what `models pull` and the fleet's updates share."""
