"""The camera as a source of prompts: frames, what is measured on them, what is concluded, and what goes out.

Two kinds of processes beside the agent. A *capture process* for each camera reads frames and puts the latest into
memory that it shares (`frames.py`); it is killed when it hangs. One *looking process* for all cameras measures on the
latest frames and makes pictures of them; a frame that crashes it takes nothing else along. The agent itself never
touches a pixel: it gets `values.Look`s, concludes (`scene.py`, `triggers.py` and what they import: pure) and makes
prompts and observations.
"""
