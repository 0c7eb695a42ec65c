"""The frames show what is true of them."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.demo.clip.frames import Clip
from agent.demo.clip.lens import HEIGHT, WIDTH, project
from agent.demo.clip.story import Actor, Held, Kind, Level, Span, Story, Truth, Waypoint, truth
from agent.demo.clip.write import PER_SECOND, write_clip
from agent.units import Seconds

TEXT = "Is anything moving?"
WALKER = Actor(Kind.PERSON, 0, (Waypoint(Seconds(0.0), -3.0, 8.0), Waypoint(Seconds(6.0), 3.0, 8.0)))
HOLDER = Actor(
    Kind.PERSON,
    2,
    (Waypoint(Seconds(0.0), 0.2, 2.8), Waypoint(Seconds(6.0), 0.2, 2.8)),
    Held(TEXT, Span(Seconds(0.0), Seconds(6.0))),
)
STORY = Story(lasts=Seconds(0.5), actors=(WALKER,))
NOBODY = truth(Story(lasts=Seconds(1.0)), Seconds(0.0))


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip(STORY)


def _at(at: float, *actors: Actor) -> Truth:
    return truth(replace(STORY, actors=actors), Seconds(at))


def test_the_same_seed_and_number_give_the_same_frame(clip: Clip) -> None:
    frame = clip.draw(NOBODY, 7)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(frame, Clip(STORY).draw(NOBODY, 7))


def test_no_two_frames_have_the_same_noise(clip: Clip) -> None:
    one, other = (clip.draw(NOBODY, number).astype(np.int16) for number in (1, 2))
    assert 1.0 < np.std(one - other) < 6.0


@pytest.mark.parametrize("at", [1.0, 3.0, 5.0])
def test_somebody_is_seen_where_the_truth_says(clip: Clip, at: float) -> None:
    now = _at(at, WALKER)
    differs = np.abs(clip.see(now).astype(np.int16) - clip.see(NOBODY)).max(axis=2) > 30
    rows, columns = np.nonzero(differs)
    foot = project(now.poses[0].x_m, now.poses[0].z_m)
    assert abs(float(np.median(columns)) - foot.x) < 25
    assert rows.min() < foot.y - 170
    assert abs(int(rows.max()) - foot.y) < 25


def test_the_code_can_be_read(clip: Clip) -> None:
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(clip.draw(_at(1.0, HOLDER), 1))
    assert text == TEXT


def test_night_is_dark_and_the_lamp_lights_the_door(clip: Clip) -> None:
    night = truth(Story(lasts=Seconds(1.0), sky=(Level(Seconds(0.0), 0.1),)), Seconds(0.0))
    dark, lit = clip.see(night), clip.see(replace(night, lamp=True))
    brighter = lit.mean(axis=2) - dark.mean(axis=2)
    assert dark.mean() < 0.4 * clip.see(NOBODY).mean()
    assert brighter[300:360, 780:860].mean() > 30
    assert brighter[500:700, 0:200].mean() < 5


def test_under_the_hand_nothing_is_to_be_seen(clip: Clip) -> None:
    frame = clip.draw(replace(NOBODY, cover=1.0), 1)
    assert frame.mean() < 60
    assert cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).std() < 4


def test_a_file_holds_all_frames_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_clip(STORY, tmp_path / "yard.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["yard.mp4"]
    video = cv2.VideoCapture(str(tmp_path / "yard.mp4"))
    frames = 0
    while video.read()[0]:
        frames += 1
    assert frames == round(STORY.lasts * PER_SECOND)
    assert video.get(cv2.CAP_PROP_FPS) == PER_SECOND


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written to"):
        write_clip(STORY, tmp_path / "nowhere" / "yard.mp4")
