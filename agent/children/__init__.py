"""Processes of ours beside the agent: the engine's, the one that looks, and one for each camera.

Each is a fresh interpreter that runs a module of this package, joined to the agent by one socket that it inherits. What
is the same for all of them is here: the agent's side in `process` and `talking` (start, messages, end) and `restarts`,
the child's in `lifeline`, and what both ends of a socket agree on in `pipe`. What a child is for, and what is said to
it, is the engine's and the cameras'.
"""
