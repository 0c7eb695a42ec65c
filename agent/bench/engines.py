"""The engines that can be measured, by their names in the manifests."""

import importlib.metadata
import importlib.util
from dataclasses import dataclass

from agent.errors import ConfigError


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine.

    Attributes:
        loader: As in `EngineSpec`.
        module: The library's import name.
        packages: The distributions that bring it; the first that is installed counts, and is what to install.
    """

    loader: str
    module: str
    packages: tuple[str, ...]

    @property
    def library(self) -> str:
        """The library's name and version."""
        for package in self.packages:
            try:
                return f"{package} {importlib.metadata.version(package)}"
            except importlib.metadata.PackageNotFoundError:
                continue
        return self.module

    def check(self, name: str) -> None:
        """See whether it can be loaded here, without loading it.

        Raises:
            ConfigError: It cannot.
        """
        if importlib.util.find_spec(self.loader.partition(":")[0]) is None:
            raise ConfigError(f"this version of the agent has no engine {name}")
        if importlib.util.find_spec(self.module) is None:
            raise ConfigError(f"the engine {name} is not installed: pip install {self.packages[0]}")


GENAI, LLAMA_CPP = "onnxruntime-genai", "llama.cpp"
ENGINES = {
    GENAI: EngineChoice(
        "agent.engine.ort_genai:load", "onnxruntime_genai", ("onnxruntime-genai", "onnxruntime-genai-cuda")
    ),
    LLAMA_CPP: EngineChoice("agent.engine.llama_cpp:load", "llama_cpp", ("llama-cpp-python",)),
}
