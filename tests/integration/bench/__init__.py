"""`jetson-agent bench` on the model that ships."""
