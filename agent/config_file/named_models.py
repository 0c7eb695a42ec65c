"""The models that a configuration names: whether they are on this machine, where they have to be, and can be run."""

from collections.abc import Iterator

from agent.candidates import engines_here
from agent.config import AUTO, Config
from agent.config_file.cross_checks import Mismatch
from agent.config_file.tree import KeyPath, dotted
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.folder import models_here


def model_mismatches(config: Config) -> Iterator[Mismatch]:
    """What the agent would not start with."""
    for path, model in _own(config):
        yield from _unusable(config, path, model)


def asked_model_mismatches(config: Config) -> Iterator[Mismatch]:
    """What the agent does start with, as models come and go: but some prompts would have an error, or another model."""
    for name in config.upstreams:
        if name not in (config.model.name, config.model.fallback) and _is_here(config, name):
            what = "has the name of a model that is on this machine: choose another, and give the server's as `model`"
            yield Mismatch(("upstreams", name), what)
    for path, model in _asked(config):
        if model not in config.upstreams and not _is_here(config, model):
            upstream = ", ".join(config.upstreams) or "none"
            here = ", ".join(models_here(config.models_dir, config.state_dir))
            what = f"there is no model {model!r}, neither upstream ({upstream}) nor on this machine ({here})"
            yield Mismatch(path, what, ("upstreams", model))


def _is_here(config: Config, model: str) -> bool:
    try:
        find_model(model, config.models_dir, config.state_dir)
    except ConfigError:
        return False
    return True


def keys_naming(model: str, config: Config) -> tuple[str, ...]:
    """The keys of the configuration that name a model."""
    return tuple(dotted(path) for path, name in (*_own(config), *_asked(config)) if name == model)


def _unusable(config: Config, path: KeyPath, model: str) -> Iterator[Mismatch]:
    """What keeps a model that the device itself is to run from being run."""
    try:
        folder = find_model(model, config.models_dir, config.state_dir)
    except ConfigError as error:
        yield Mismatch(path, str(error))
        return
    try:
        engines_here(model, folder, config.model.engine)
    except ConfigError as error:
        place = path if config.model.engine == AUTO else ("model", "engine")
        yield Mismatch(place, str(error), ("model", "engine"))


def _own(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """The models that the device itself is to run, and where that stands."""
    for key, model in (("name", config.model.name), ("fallback", config.model.fallback)):
        if model is not None:
            yield ("model", key), model


def _asked(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """The models that prompts of routes and cameras name, and where that stands."""
    sections = (("routes", config.routes), ("cameras", config.cameras))
    for section, named in sections:
        for name, settings in named.items():
            if settings.model is not None:
                yield (section, name, "model"), settings.model
