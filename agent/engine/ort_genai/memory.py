"""Gives the memory of what is gone back to the system."""

import ctypes
import gc


def give_back_free_memory() -> None:
    """What is free in the C heap, too; glibc's."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
