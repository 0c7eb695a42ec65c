"""What is measured on frames."""
