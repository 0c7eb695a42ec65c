"""The configuration file: how it becomes a `config.Config`, and what is said when it cannot."""

from agent.config_file.loading import DEFAULT_PATH, Use, load_config
from agent.config_file.named_files import CREDENTIALS, paths_in, read_schemas

__all__ = ["CREDENTIALS", "DEFAULT_PATH", "Use", "load_config", "paths_in", "read_schemas"]
