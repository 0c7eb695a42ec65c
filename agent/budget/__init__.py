"""Decides how much the engine may do now. Pure: values in, values out; no clock, no I/O."""
