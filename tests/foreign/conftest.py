"""Which server: `pytest tests/foreign/conformance.py --server NAME --server-python FILE --server-model PATH`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.foreign.servers import KINDS, Running, serving


def pytest_addoption(parser: pytest.Parser) -> None:
    """Without them there is nothing to test."""
    parser.addoption("--server", choices=sorted(KINDS), required=True)
    parser.addoption("--server-python", type=Path, required=True, help="the interpreter that has it installed")
    parser.addoption("--server-model", type=Path, required=True, help="edge-tiny in its format")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests."""
    with _chosen(request.config, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def mortal_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """One that a test may kill."""
    with _chosen(request.config, tmp_path) as running:
        yield running


def _chosen(config: pytest.Config, folder: Path) -> AbstractContextManager[Running]:
    name, python, model = (config.getoption(f"--server{part}") for part in ("", "-python", "-model"))
    return serving(name, python, model.resolve(), folder / "server.log")
