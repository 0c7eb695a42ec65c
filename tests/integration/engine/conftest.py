"""The shipped model, loaded once in each engine."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.bench.touched import runs_on
from agent.engine.child import load
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine
from agent.models import find_model
from tests.integration.engine.alike import TRIES_ON_A_GPU, Alike
from tests.integration.engine.edge_llm_models import built_model
from tests.stand_ins.tensorrt_llm_loader import checkpoint


def built(empty: Path) -> Path:
    """The shipped model, with engines that were built of it for one request at a time and for four at once."""
    return built_model(built_model(empty / "edge-tiny"), max_batch=4)


def shipped(empty: Path) -> Path:
    """The shipped model, as it is; where `EDGE_TINY` names a folder, that: the same, as built for a GPU."""
    named = os.environ.get("EDGE_TINY")
    return find_model("edge-tiny", None, empty) if named is None else Path(named)


# Every engine that there is: `module:function` of its loader, and what makes the folder that it loads of an empty one.
ENGINES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "ort_genai": ("agent.engine.ort_genai:load", shipped),
    "edge_llm": ("tests.integration.engine.edge_llm_models:load", built),
    "tensorrt_llm": ("tests.stand_ins.tensorrt_llm_loader:load", checkpoint),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that needs an engine runs with each, or with those that its module names in `ENGINES`."""
    if "loader" in metafunc.fixturenames:
        metafunc.parametrize("loader", getattr(metafunc.module, "ENGINES", ENGINES), indirect=True, scope="session")


@pytest.fixture(scope="session")
def loader(request: pytest.FixtureRequest) -> str:
    """The loader's name, as an `EngineSpec` has it."""
    return ENGINES[request.param][0]


@pytest.fixture(scope="session")
def model_dir(loader: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model that the engine under test loads."""
    make = next(make for known, make in ENGINES.values() if known == loader)
    return make(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def alike(model_dir: Path) -> Alike:
    """How answers of the engine under test are compared."""
    return Alike(TRIES_ON_A_GPU if runs_on(model_dir) == "cuda" else 1)


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
