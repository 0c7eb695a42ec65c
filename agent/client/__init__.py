"""The other side of the MQTT contract: programs that send prompts to an agent and read what comes back."""

from agent.client.agent import AgentClient, Answer, RefusedError
from agent.client.connection import AskError, Received

__all__ = ["AgentClient", "Answer", "AskError", "Received", "RefusedError"]
