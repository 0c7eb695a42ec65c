"""Reads cameras: a process for each, that is killed when it hangs (`keeper.py`), and what it runs (`child.py`)."""
