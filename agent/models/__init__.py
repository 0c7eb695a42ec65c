"""The models on this device: where they are (`folder`), and what their own files say of them (`geometry`)."""

from agent.models.folder import find_model

__all__ = ["find_model"]
