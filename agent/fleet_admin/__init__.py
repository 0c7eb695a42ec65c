"""The operator's side of a fleet: keys, releases, and what is desired, as a signed folder of static files.

No device imports any of it. What devices read is `agent/fleet`.
"""
