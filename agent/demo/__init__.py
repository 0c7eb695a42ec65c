"""`jetson-agent demo`: a private broker, the agent with the model that ships, and a few real prompts."""
