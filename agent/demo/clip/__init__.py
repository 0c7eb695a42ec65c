"""The demo's clip: a yard before a camera, drawn by a seeded program, with what is true of each of its frames.

`story.py` says what happens and when, and is pure; the others draw it. The only importers of OpenCV here; started as a
program, so that the demo itself does not import it.
"""
