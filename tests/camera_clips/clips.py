"""The clips by name: a story, what makes it hard, and when the scene really becomes another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.demo.clip.backdrop import Pixels
from agent.demo.clip.frames import Clip
from agent.demo.clip.story import Actor, Held, Kind, Level, Span, Story, Truth, Waypoint, truth
from agent.demo.clip.yard import YARD
from agent.units import Hertz, Seconds
from tests.camera_clips.effects import Effect, headlights, rain, turned, wind

CODE: Final = "GATE-4417"
_TURNED_AT = Seconds(50.0)


@dataclass(frozen=True, slots=True)
class HardClip:
    """A clip to judge triggers on.

    Attributes:
        story: What happens.
        effects: Put on each frame, in this order, before the sensor's noise comes.
        changes: When the scene becomes another one, other than by light.
    """

    story: Story
    effects: tuple[Effect, ...] = ()
    changes: tuple[Seconds, ...] = ()

    def frames(self, per_second: Hertz, seed: int = 1) -> Iterator[tuple[Pixels, Truth]]:
        """All frames with what is true of each."""
        clip = Clip(self.story, seed)
        for number in range(round(self.story.lasts * per_second)):
            now = truth(self.story, Seconds(number / per_second))
            picture = clip.see(now)
            for effect in self.effects:
                picture = effect(picture, now, number)
            yield clip.sense(picture, number), now


def _span(begins: float, ends: float) -> Span:
    return Span(Seconds(begins), Seconds(ends))


def _path(*points: tuple[float, float, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(Seconds(at), x_m, z_m) for at, x_m, z_m in points)


def _sky(value: float) -> tuple[Level, ...]:
    return (Level(Seconds(0.0), value),)


NIGHT = HardClip(
    Story(
        lasts=Seconds(60.0),
        actors=(
            Actor(Kind.PERSON, 1, _path((10.0, -7.2, 9.0), (19.0, 7.6, 9.0))),
            Actor(Kind.DOG, 0, _path((27.0, 6.5, 6.5), (32.0, -5.5, 6.5))),
            Actor(Kind.PERSON, 2, _path((38.0, 2.5, 13.5), (44.0, -3.0, 5.0))),
        ),
        sky=_sky(0.12),
        covered=(_span(49.0, 56.0),),
        noise=14.0,
    )
)
"""Strong noise in hardly any light; what is bright is a person's face at most."""

WEATHER = HardClip(
    Story(
        lasts=Seconds(70.0),
        actors=(
            Actor(Kind.PERSON, 0, _path((14.0, -7.2, 9.5), (23.0, 5.2, 9.5), (24.0, 5.4, 13.6))),
            Actor(
                Kind.PERSON,
                2,
                _path((31.0, 2.5, 13.6), (36.0, 0.0, 3.0), (40.0, 0.0, 3.0), (42.0, -2.8, 4.0)),
                Held(CODE, _span(36.2, 39.8)),
            ),
        ),
        sky=_sky(0.8),
        noise=4.0,
    ),
    effects=(wind(9.0), rain(3), turned(_TURNED_AT, 90)),
    changes=(_TURNED_AT,),
)
"""A tree in the wind, rain, and a camera that is turned."""

LIGHTS = HardClip(
    Story(
        lasts=Seconds(62.0),
        actors=(Actor(Kind.PERSON, 1, _path((43.0, 7.4, 8.5), (51.0, -7.0, 8.5))),),
        sky=(*_sky(0.3), Level(Seconds(54.0), 0.3), Level(Seconds(54.4), 0.55)),
        lamp=(_span(8.0, 17.0), _span(39.0, 62.0)),
        noise=5.0,
    ),
    effects=(headlights(_span(22.0, 25.0), _span(31.0, 32.5)),),
)
"""A lamp that goes on and off, headlights on the house, a sudden brightening."""

DUSK = HardClip(
    Story(
        lasts=Seconds(60.0),
        actors=(
            Actor(Kind.PERSON, 2, _path((12.0, 7.0, 10.0), (22.0, -6.0, 7.0))),
            Actor(Kind.DOG, 0, _path((40.0, -5.0, 9.0), (45.0, 5.0, 9.0))),
        ),
        sky=(*_sky(0.22), Level(Seconds(28.0), 0.22), Level(Seconds(31.0), 0.4)),
        lamp=(_span(5.0, 9.0), _span(34.0, 60.0)),
        noise=9.0,
    ),
    effects=(wind(14.0), headlights(_span(25.0, 27.0), _span(50.0, 56.0))),
)
DOWNPOUR = HardClip(
    Story(
        lasts=Seconds(60.0),
        actors=(
            Actor(Kind.PERSON, 1, _path((10.0, -6.5, 12.0), (20.0, 6.0, 12.0))),
            Actor(
                Kind.PERSON,
                0,
                _path((30.0, 6.0, 5.0), (33.0, 0.0, 3.2), (37.0, 0.1, 3.2), (40.0, -3.0, 5.0)),
                Held(CODE, _span(33.3, 36.8)),
            ),
        ),
        sky=_sky(0.6),
        covered=(_span(45.0, 52.0),),
        noise=7.0,
    ),
    effects=(rain(11), turned(Seconds(24.0), -60)),
    changes=(Seconds(24.0),),
)
"""These two were made when the triggers were done: nothing was adapted to them."""

STILL = HardClip(Story(lasts=Seconds(600.0), noise=4.0))
"""Ten minutes in which nothing happens."""

CLIPS: Final = {
    "yard": HardClip(YARD),
    "night": NIGHT,
    "weather": WEATHER,
    "lights": LIGHTS,
    "dusk": DUSK,
    "downpour": DOWNPOUR,
    "still": STILL,
}
