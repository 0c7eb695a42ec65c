"""A short storm in every test run; `make power-cut` runs the long one."""

from pathlib import Path

from tests.power_cut.storm import Storm


def test_every_acknowledged_prompt_is_answered(tmp_path: Path) -> None:
    outcome = Storm(tmp_path, prompts=60, kills=9, seed=20261123).run()
    assert outcome.acknowledged == 60
    assert not outcome.unanswered
    assert not outcome.conflicting
    assert outcome.kills.total() >= 9
