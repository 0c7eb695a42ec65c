"""What the shipped model makes of scenes, in short: `python -m tests.bench.observations` has the whole."""

from tests.bench.observations import SHIPPED, measure


def test_of_thirty_scenes_hardly_any_is_told_wrong() -> None:
    observations = measure(SHIPPED, count=30, seed=2)
    wrong = [(one.text, one.sentence, one.verdict.wrong) for one in observations if one.verdict.wrong]
    assert len(wrong) <= 3, wrong
    assert all(one.sentence for one in observations)
