"""The pages and files that explain the configuration are held to the tree."""

import re
import runpy
from pathlib import Path

import pytest

from agent.config import Config, Upstream
from agent.config_file import load_config
from agent.config_file.tree import dotted, keys

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "agent.example.yaml"


def reference() -> str:
    """The page, as its program makes it."""
    return str(runpy.run_path(str(ROOT / "tools" / "config_reference.py"))["reference"]())


def test_the_reference_page_is_what_the_code_says() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == reference(), "python tools/config_reference.py > docs/configuration.md"


def test_every_key_has_a_meaning_and_a_row() -> None:
    page = reference()
    for key in keys():
        assert key.meaning, dotted(key.path)
        if not key.is_section:
            assert f"| `{key.path[-1]}` |" in page


@pytest.mark.parametrize(
    "row",
    [
        "| `id` | text: 1 to 64 of A-Z a-z 0-9 _ . - | the hostname | Its name in every topic. |",
        "| `port` | integer, 1 to 65535 | 8883 with `tls`, else 1883 |",
        "| `session_expiry` | duration | `30d` |",
        "| `keepalive` | duration, 1s to 65535s | `30s` |",
        "| `max_payload` | size | `1MiB` |",
        "| `log_level` | text: one of DEBUG, INFO, WARNING, ERROR | `INFO` |",
        "| `max_size` | size, at least 1MiB | `256MiB` |",
        "| `schema` | path | none |",
        "| `priority` | integer, -100 to 100 | none |",
        "| `budget_watts` | number, at least 1 | no limit | The budget, in watts. |",
        "| `engine` | text: one of auto, onnxruntime-genai, tensorrt-llm, tensorrt-edge-llm | `auto` |",
        "| `from` | time of day | must be given |",
    ],
)
def test_a_row_says_type_limits_and_default(row: str) -> None:
    assert row in reference()


def test_the_example_loads() -> None:
    config = load_config(EXAMPLE, {})
    assert config.device.id == "orin-7"
    assert config.model.name == "edge-tiny"
    assert list(config.routes) == ["animal"]


def test_what_the_example_has_commented_out_is_right_too(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    # A commented key is `# key: …`; no prose has a colon after a first word in small letters.
    (tmp_path / "agent.yaml").write_text(re.sub(r"(?m)^( *)# ((?: {2})*(?:- )?[a-z_]+:(?: |$))", r"\1\2", text))
    (tmp_path / "triage.schema.json").write_text("{}")
    for secret in ("password", "nim.key", "door.password", "yolo.onnx", "root.json"):
        (tmp_path / secret).write_text("x")
    certificates = r"(?m)^  tls:\n(    .*\n)+|^    ca: .*\n"
    (tmp_path / "agent.yaml").write_text(re.sub(certificates, "", (tmp_path / "agent.yaml").read_text()))
    config = load_config(tmp_path / "agent.yaml", {})
    defaults = Config()
    assert config.queue == defaults.queue
    assert config.journal == defaults.journal
    assert config.engine == defaults.engine
    assert config.broker.keepalive == defaults.broker.keepalive
    assert config.broker.session_expiry == defaults.broker.session_expiry
    assert config.broker.user == "orin-7"
    assert config.routes["triage"].priority == 10
    assert config.power.budget_watts == 12
    assert config.upstreams["vision"].timeout == Upstream.model_fields["timeout"].default
    (night,) = config.power.schedule
    assert (night.begins, night.ends, night.watts) == (22 * 60, 6 * 60, 8)


def test_the_example_shows_every_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for key in keys():
        name = key.path[-1]
        if name not in ("*", "[]", "system", "model"):
            assert re.search(rf"(?m)^[ #-]*{name}:", text), dotted(key.path)
