"""What is set about cameras at run time."""

from pathlib import Path

import pytest

from agent.camera.run_time import Change, RunTimeFile, effective, merged
from agent.camera.settings import QuietSpan
from agent.errors import RejectedError
from agent.units import Seconds
from tests.unit.camera.observations import DOOR, settings

NIGHT = QuietSpan.model_validate({"from": "22:00", "to": "06:30"})
CONFIGURED = settings(every="10s", when=["motion"], prompt="What is it?")


def test_nothing_set_is_the_configuration() -> None:
    holds = effective(CONFIGURED, Change())
    assert holds.on
    assert not holds.is_set
    assert holds.settings == CONFIGURED


def test_what_is_set_holds_and_the_rest_stays() -> None:
    set_so_far = merged(Change(on=False), Change(every=Seconds(5.0)))
    holds = effective(CONFIGURED, set_so_far)
    assert (holds.on, holds.settings.every, holds.settings.when) == (False, 5.0, ("motion",))
    assert holds.settings.prompt == "What is it?"
    assert holds.is_set


def test_limits_and_quiet_hours_are_set_like_the_rest() -> None:
    set_so_far = merged(Change(most_per_hour=20), Change(quiet=(NIGHT,)))
    assert effective(CONFIGURED, set_so_far).settings == CONFIGURED.model_copy(
        update={"most_per_hour": 20, "quiet": (NIGHT,)}
    )
    assert effective(settings(quiet=[{"from": "12:00", "to": "13:00"}]), Change(quiet=())).settings.quiet == ()
    assert merged(set_so_far, Change(reset=True)) == Change()


def test_an_empty_prompt_is_none() -> None:
    assert effective(CONFIGURED, Change(prompt="")).settings.prompt is None


def test_a_reset_forgets_what_was_set_before_and_nothing_else() -> None:
    assert merged(Change(on=False, prompt="x"), Change(reset=True)) == Change()
    assert merged(Change(on=False, prompt="x"), Change(when=("always",), reset=True)) == Change(when=("always",))


def test_classes_need_a_detector() -> None:
    with pytest.raises(RejectedError, match="detector"):
        effective(CONFIGURED, Change(when=("class",)))


def test_the_file_keeps_it(tmp_path: Path) -> None:
    change = Change(False, Seconds(2.5), ("always", "code"), "", most_per_hour=20, quiet=(NIGHT,))  # noqa: FBT003
    RunTimeFile(tmp_path / "cameras.json").write({DOOR: change})
    assert RunTimeFile(tmp_path / "cameras.json").read({DOOR: CONFIGURED}) == {DOOR: change}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"door": {"on": 3}}', '{"door": {"when": ["class"]}}', "\udcff"])
def test_what_is_not_readable_or_does_not_go_with_the_configuration_is_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "cameras.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert RunTimeFile(tmp_path / "cameras.json").read({DOOR: CONFIGURED}) == {DOOR: Change()}


def test_no_file_is_nothing_set(tmp_path: Path) -> None:
    assert RunTimeFile(tmp_path / "cameras.json").read({DOOR: CONFIGURED}) == {DOOR: Change()}
