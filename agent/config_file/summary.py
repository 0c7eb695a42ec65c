"""What a configuration would run, for the person who checks it. Never a secret."""

from collections.abc import Sequence
from pathlib import Path

from agent.config import Broker, Config, Route, Upstream
from agent.config_file.loading import DEFAULT_PATH


def source_of(path: Path | None, default_path: Path = DEFAULT_PATH) -> str:
    """Which file `load_config` reads when it is given these, or that there is none."""
    if path is None and not default_path.exists():
        return f"no {default_path}, so the defaults and the environment"
    return str(path or default_path)


def summary(config: Config, model_dir: Path, engines: Sequence[str]) -> dict[str, str]:
    """A few titles with one line each.

    Args:
        config: All of it.
        model_dir: Where the model was found.
        engines: What can run it here.
    """
    return {
        "device": f"{config.device.id}, prompts on {config.topic_prefix}/prompt",
        "broker": _broker(config.broker),
        "model": f"{config.model.name}, in {model_dir}, by {' or '.join(engines)}",
        "routes": "; ".join(f"{name}{_route(route)}" for name, route in config.routes.items()) or "none",
        "leaves": "; ".join(f"for {name}{_upstream(it)}" for name, it in config.upstreams.items()) or "nothing",
        "cameras": "; ".join(f"{name} ({', '.join(it.when)})" for name, it in config.cameras.items()) or "none",
        "state": str(config.state_dir),
    }


def _broker(broker: Broker) -> str:
    parts = [f"{broker.host}:{broker.effective_port}", "TLS" if broker.tls else "no TLS"]
    if broker.tls is not None and broker.tls.cert is not None:
        parts.append("own certificate")
    if broker.user is not None:
        parts.append(f"user {broker.user}" + (", password from a file" if broker.password_file else ""))
    if broker.groups:
        parts.append(f"groups {', '.join(broker.groups)}")
    return ", ".join(parts)


def _route(route: Route) -> str:
    given = [key for key, value in route.model_dump(by_alias=True).items() if value is not None]
    return f" ({', '.join(given)})" if given else ""


def _upstream(upstream: Upstream) -> str:
    allowed = upstream.may_leave
    leaving = [
        *(["prompts without a route"] if allowed.prompts else []),
        *(f"route {it}" for it in allowed.routes),
        *(f"camera {it}" for it in allowed.cameras),
    ]
    what = ", ".join(leaving) or "nothing"
    return f" at {upstream.url}: {what}{', with images' if leaving and allowed.images else ''}"
