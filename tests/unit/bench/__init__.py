"""What `jetson-agent bench` works out."""
