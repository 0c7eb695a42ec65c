"""The story of the demo's clip. Its end is like its begin, so that it can go round."""

from agent.demo.clip.story import Actor, Held, Kind, Level, Span, Story, Waypoint
from agent.units import Seconds

CODE = "Is anything moving?"
"""What is on the sheet that is held up: a prompt."""

_AT_THE_DOOR_X_M, _WALL_Z_M = 2.55, 13.6


def _path(*points: tuple[float, float, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(Seconds(at), x_m, z_m) for at, x_m, z_m in points)


YARD = Story(
    lasts=Seconds(48.0),
    actors=(
        Actor(Kind.PERSON, 0, _path((1.5, -7.2, 9.0), (7.5, 0.5, 10.0), (10.0, _AT_THE_DOOR_X_M, _WALL_Z_M))),
        Actor(Kind.PERSON, 1, _path((12.0, 8.6, 8.2), (21.5, -7.4, 8.8))),
        Actor(Kind.DOG, 0, _path((12.4, 7.9, 7.0), (14.5, 4.0, 6.6), (16.0, 2.6, 7.6), (21.0, -7.0, 7.2))),
        Actor(
            Kind.PERSON,
            2,
            _path((23.5, _AT_THE_DOOR_X_M, _WALL_Z_M), (29.0, 0.2, 2.8), (33.5, 0.2, 2.8), (36.0, 3.9, 4.6)),
            Held(CODE, Span(Seconds(29.3), Seconds(33.2))),
        ),
    ),
    sky=(
        Level(Seconds(0.0), 1.0),
        Level(Seconds(12.0), 1.0),
        Level(Seconds(24.0), 0.42),
        Level(Seconds(38.0), 0.36),
        Level(Seconds(42.0), 1.0),
    ),
    lamp=(Span(Seconds(22.0), Seconds(40.0)),),
    door=(Span(Seconds(8.8), Seconds(11.4)), Span(Seconds(22.6), Seconds(25.2))),
    covered=(Span(Seconds(37.0), Seconds(43.0)),),
)
