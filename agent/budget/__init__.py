"""What the budgets decide. Pure: values in, values out; no clock, no I/O."""
