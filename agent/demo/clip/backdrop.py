"""The yard without anybody in it: house, door, window, lamp, fence, tree, paving. Drawn once, in daylight."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.demo.clip.lens import HEIGHT, WIDTH, pixels_per_m, project

Pixels = NDArray[np.uint8]
"""(height, width, 3), BGR."""
Shares = NDArray[np.float32]
"""(height, width), 0 to 1."""
Colour = tuple[int, int, int]

WALL_Z_M: Final = 14.0
DOOR_M: Final = (2.0, 3.1, 2.25)
"""Its left and right edge, its height."""
LAMP_M: Final = (3.65, 2.35)
"""Where the lamp hangs on the wall: to the right, above the ground."""

_WALL_HEIGHT_M = 3.6
_SKY_TOP, _SKY_BOTTOM = (214, 178, 132), (240, 226, 205)
_WALL, _MORTAR = (150, 176, 196), (136, 160, 180)
_OTHER_BRICKS = 0.25
_ROOF, _GUTTER = (62, 72, 112), (92, 88, 84)
_STONE, _JOINT = (148, 152, 154), (120, 124, 127)
_GRASS = (70, 122, 96)
_WOOD, _WOOD_EDGE = (66, 92, 124), (48, 68, 94)
_DOOR, _DOOR_EDGE, _FRAME = (92, 74, 44), (66, 52, 30), (226, 230, 232)
_INSIDE = (120, 190, 236)
_GLASS = (150, 128, 100)


def draw_backdrop(seed: int) -> Pixels:
    """The yard in full daylight.

    Args:
        seed: Of the texture's chance.
    """
    chance = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    _draw_sky(picture)
    _draw_ground(picture)
    _draw_wall(picture, chance)
    _draw_window(picture)
    _draw_fence(picture)
    _draw_tree(picture, chance)
    _draw_pot(picture, chance)
    rough = chance.normal(0, 5, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    fine = chance.normal(0, 3, (HEIGHT, WIDTH)).astype(np.float32)
    texture = cv2.GaussianBlur(cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), (0, 0), 1) + fine
    texture[: round(project(0, WALL_Z_M, _WALL_HEIGHT_M + 0.5).y)] *= 0.2
    return np.clip(picture + texture[..., None], 0, 255).astype(np.uint8)


def draw_door(picture: Pixels, openness: float) -> None:
    """The door, as far open as said: a share of 0 to 1. It opens inwards."""
    left, right, height = DOOR_M
    corners = [project(left, WALL_Z_M), project(right, WALL_Z_M, height)]
    (x0, y1), (x1, y0) = corners[0].rounded, corners[1].rounded
    cv2.rectangle(picture, (x0 - 5, y0 - 5), (x1 + 5, y1), _FRAME, -1, cv2.LINE_AA)
    cv2.rectangle(picture, (x0, y0), (x1, y1), _INSIDE, -1)
    edge = round(x1 - (x1 - x0) * (1 - 0.85 * openness))
    drop = round(10 * openness)
    leaf = np.array([(x1, y0), (edge, y0 + drop), (edge, y1 - drop), (x1, y1)], np.int32)
    cv2.fillConvexPoly(picture, leaf, _DOOR, cv2.LINE_AA)
    cv2.polylines(picture, [leaf], isClosed=True, color=_DOOR_EDGE, thickness=2, lineType=cv2.LINE_AA)
    for share in (0.12, 0.55):
        top, bottom = round(y0 + (y1 - y0) * share), round(y0 + (y1 - y0) * (share + 0.33))
        inner = (round(edge + (x1 - edge) * 0.2), round(edge + (x1 - edge) * 0.8))
        cv2.rectangle(picture, (inner[0], top), (inner[1], bottom), _DOOR_EDGE, 1, cv2.LINE_AA)
    cv2.circle(picture, (round(edge + (x1 - edge) * 0.12), round((y0 + y1) / 2) + 4), 2, _FRAME, -1, cv2.LINE_AA)


def lamp_light() -> Shares:
    """How much of the lamp's light each part of the picture gets, at most 1."""
    x, y = project(LAMP_M[0], WALL_Z_M, LAMP_M[1]).rounded
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    near = np.exp(-(((columns - x) / 150) ** 2 + ((rows - y) / 130) ** 2))
    pool = np.exp(-(((columns - x + 40) / 420) ** 2 + ((rows - y - 190) / 150) ** 2))
    return np.asarray(np.minimum(0.85 * near + 0.75 * pool, 1.0), np.float32)


def _draw_sky(picture: Pixels) -> None:
    end = round(project(0, WALL_Z_M).y)
    shares = np.linspace(0, 1, end, dtype=np.float32)[:, None, None]
    sky = np.array(_SKY_TOP, np.float32) * (1 - shares) + np.array(_SKY_BOTTOM, np.float32) * shares
    picture[:end] = sky.astype(np.uint8)
    for x, y, width in ((210, 40, 120), (300, 52, 80), (860, 30, 140), (980, 46, 90)):
        cv2.ellipse(picture, (x, y), (width, 13), 0, 0, 360, (246, 240, 232), -1, cv2.LINE_AA)
    picture[:120] = cv2.GaussianBlur(picture[:120], (0, 0), 7)


def _draw_ground(picture: Pixels) -> None:
    base = round(project(0, WALL_Z_M).y)
    picture[base:] = _GRASS
    paved = [project(-6.2, WALL_Z_M), project(6.2, WALL_Z_M), project(6.2, 2.0), project(-6.2, 2.0)]
    cv2.fillConvexPoly(picture, np.array([each.rounded for each in paved], np.int32), _STONE, cv2.LINE_AA)
    rows = np.arange(2.6, WALL_Z_M, 1.0)
    for number, z_m in enumerate(rows):
        cv2.line(picture, project(-6.2, z_m).rounded, project(6.2, z_m).rounded, _JOINT, 1, cv2.LINE_AA)
        for x_m in np.arange(-6.2 + 0.7 * (number % 2), 6.2, 1.4):
            ends = project(float(x_m), z_m).rounded, project(float(x_m), min(z_m + 1.0, WALL_Z_M)).rounded
            cv2.line(picture, *ends, _JOINT, 1, cv2.LINE_AA)


def _draw_wall(picture: Pixels, chance: np.random.Generator) -> None:
    top, base = round(project(0, WALL_Z_M, _WALL_HEIGHT_M).y), round(project(0, WALL_Z_M).y)
    picture[top:base] = _WALL
    for row, y in enumerate(range(top, base, 9)):
        cv2.line(picture, (0, y), (WIDTH, y), _MORTAR, 1)
        for x in range(-13 * (row % 2), WIDTH, 26):
            cv2.line(picture, (x, y), (x, min(y + 9, base)), _MORTAR, 1)
            if chance.random() < _OTHER_BRICKS:
                shade = int(chance.integers(-9, 10))
                brick = picture[y + 1 : min(y + 9, base), max(x + 1, 0) : x + 26].astype(np.int16) + shade
                picture[y + 1 : min(y + 9, base), max(x + 1, 0) : x + 26] = np.clip(brick, 0, 255).astype(np.uint8)
    picture[base - 14 : base] = (picture[base - 14 : base] * 0.82).astype(np.uint8)
    cv2.rectangle(picture, (0, top - 46), (WIDTH, top - 8), _ROOF, -1)
    for x in range(0, WIDTH, 22):
        cv2.line(picture, (x, top - 46), (x, top - 8), (54, 62, 98), 1, cv2.LINE_AA)
    cv2.line(picture, (0, top - 27), (WIDTH, top - 27), (54, 62, 98), 1)
    cv2.rectangle(picture, (0, top - 8), (WIDTH, top), _GUTTER, -1)
    x, y = project(LAMP_M[0], WALL_Z_M, LAMP_M[1]).rounded
    cv2.rectangle(picture, (x - 3, y - 16), (x + 3, y - 8), (50, 50, 50), -1)
    cv2.ellipse(picture, (x, y - 6), (11, 7), 0, 180, 360, (60, 60, 60), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y - 3), 6, (225, 245, 255), -1, cv2.LINE_AA)


def _draw_window(picture: Pixels) -> None:
    (x0, y0), (x1, y1) = project(-3.4, WALL_Z_M, 2.3).rounded, project(-1.6, WALL_Z_M, 1.0).rounded
    cv2.rectangle(picture, (x0 - 5, y0 - 5), (x1 + 5, y1 + 5), _FRAME, -1)
    cv2.rectangle(picture, (x0, y0), (x1, y1), _GLASS, -1)
    shine = np.array([(x0 + 18, y0), (x0 + 44, y0), (x0 + 12, y1), (x0, y1), (x0, y0 + 40)], np.int32)
    cv2.fillConvexPoly(picture, shine, (178, 160, 134), cv2.LINE_AA)
    cv2.line(picture, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1), _FRAME, 4)
    cv2.rectangle(picture, (x0 - 9, y1 + 5), (x1 + 9, y1 + 11), (200, 204, 206), -1)


def _draw_fence(picture: Pixels) -> None:
    for up_m in (0.45, 1.05):
        cv2.line(
            picture, project(-7.0, 13.8, up_m).rounded, project(-7.0, 9.8, up_m).rounded, _WOOD_EDGE, 4, cv2.LINE_AA
        )
    for z_m in np.arange(13.8, 9.7, -0.32):
        foot, head = project(-7.0, float(z_m)), project(-7.0, float(z_m), 1.25)
        width = max(3, round(0.14 * pixels_per_m(float(z_m))))
        cv2.line(picture, foot.rounded, head.rounded, _WOOD_EDGE, width + 2, cv2.LINE_AA)
        cv2.line(picture, foot.rounded, head.rounded, _WOOD, width, cv2.LINE_AA)


def _draw_tree(picture: Pixels, chance: np.random.Generator) -> None:
    foot = project(7.6, 11.5)
    scale = pixels_per_m(11.5)
    trunk = [(-0.16, 0.0), (0.16, 0.0), (0.09, 2.4), (-0.09, 2.4)]
    outline = [(round(foot.x + x * scale), round(foot.y - y * scale)) for x, y in trunk]
    cv2.ellipse(
        picture, foot.rounded, (round(scale * 0.9), round(scale * 0.2)), 0, 0, 360, (58, 98, 78), -1, cv2.LINE_AA
    )
    cv2.fillConvexPoly(picture, np.array(outline, np.int32), (52, 70, 92), cv2.LINE_AA)
    for _ in range(420):
        angle, far = chance.uniform(0, 2 * np.pi), np.sqrt(chance.uniform(0, 1))
        x, y = foot.x + np.cos(angle) * far * scale * 1.15, foot.y - scale * 2.8 + np.sin(angle) * far * scale * 0.95
        shade = 0.72 + 0.5 * (foot.y - scale * 1.9 - y) / (scale * 1.9) + chance.uniform(-0.1, 0.1)
        colour = tuple(float(np.clip(channel * shade, 0, 255)) for channel in (54, 128, 84))
        cv2.circle(picture, (round(x), round(y)), int(chance.integers(4, 10)), colour, -1, cv2.LINE_AA)


def _draw_pot(picture: Pixels, chance: np.random.Generator) -> None:
    foot, scale = project(1.35, 13.5), pixels_per_m(13.5)
    pot = [(-0.24, 0.0), (0.24, 0.0), (0.32, 0.5), (-0.32, 0.5)]
    outline = np.array([(round(foot.x + x * scale), round(foot.y - y * scale)) for x, y in pot], np.int32)
    cv2.fillConvexPoly(picture, outline, (62, 92, 168), cv2.LINE_AA)
    for _ in range(46):
        x, y = chance.normal(0, 0.17), 0.72 + chance.normal(0, 0.15)
        green = (50, int(chance.integers(95, 150)), 66)
        cv2.circle(picture, (round(foot.x + x * scale), round(foot.y - y * scale)), 4, green, -1, cv2.LINE_AA)
