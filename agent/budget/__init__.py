"""What decides about watts, memory and joules. Pure: values in, values out; no clock, no I/O."""
