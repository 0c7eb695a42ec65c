"""The triggers on drawn clips, in short: `python -m tests.bench.trigger_quality` has the whole."""

from agent.camera.values import Direction
from agent.demo.clip.story import Actor, Kind, Level, Span, Story, Waypoint
from agent.units import Seconds
from tests.camera_clips.clips import HardClip
from tests.camera_clips.quality import directions, score, watch

SHORT = HardClip(
    Story(
        lasts=Seconds(12.5),
        actors=(Actor(Kind.PERSON, 1, (Waypoint(Seconds(2.0), -5.0, 9.0), Waypoint(Seconds(6.0), 3.0, 9.0))),),
        sky=(Level(Seconds(0.0), 0.4),),
        covered=(Span(Seconds(8.0), Seconds(12.5)),),
        noise=6.0,
    )
)


def test_who_walks_in_dim_light_and_who_covers_the_lens_are_told_and_nothing_else() -> None:
    told, truths = watch(SHORT)
    scores = score(SHORT, told, truths)
    assert {name: (it.events, it.found, it.false) for name, it in scores.items()} == {
        "motion": (1, 1, ()),
        "scene_change": (0, 0, ()),
        "code": (0, 0, ()),
        "covered": (1, 1, ()),
    }
    assert scores["covered"].delay <= 5.0
    right, said = directions(told, truths)
    assert right == said
    assert any(mover.direction is Direction.RIGHT for each in told for mover in each.facts.movers)
