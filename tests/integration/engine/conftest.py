"""The shipped model, loaded once."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.engine.child import load
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine
from agent.models import find_model

# Every engine that there is: `module:function` of its loader, and the shipped model that it loads.
ENGINES = {"ort_genai": ("agent.engine.ort_genai:load", "edge-tiny")}


@pytest.fixture(scope="session", params=ENGINES)
def loader(request: pytest.FixtureRequest) -> str:
    """The loader's name, as an `EngineSpec` has it."""
    return ENGINES[request.param][0]


@pytest.fixture(scope="session")
def model_dir(loader: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model that the engine under test loads."""
    model = next(model for known, model in ENGINES.values() if known == loader)
    return find_model(model, None, tmp_path_factory.mktemp("no-models-of-its-own"))


@pytest.fixture(scope="session")
def engine(loader: str, model_dir: Path) -> Iterator[Engine]:
    """A loaded engine, in this process; idle before and after each test."""
    with closing(load(EngineSpec("edge-tiny", model_dir, loader))) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def several(loader: str, model_dir: Path) -> Iterator[Engine]:
    """The same for four requests at once, whether they pay or not."""
    with closing(load(EngineSpec("edge-tiny", model_dir, loader, max_batch=4))) as loaded:
        if loaded.capabilities().max_batch < 4:
            pytest.skip("it runs one request at a time")
        yield loaded
