"""The looking process: measures on the latest frames of all cameras, reads codes, detects, and makes pictures.

`host.py` is the agent's side; of the rest the agent imports `plan.py`, `pipe.py` and `process.py`, none of which needs
OpenCV. What a frame does to this process it does to no other: it is started anew, and the capture processes do not
notice.
"""
