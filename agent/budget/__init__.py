"""What decides about watts, memory and joules. Pure."""
