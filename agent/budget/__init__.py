"""What the budgets decide. Pure: values in, values out."""
