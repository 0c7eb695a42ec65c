"""Draws people, a dog, a sheet with a code and a hand; limbs swing with the way that has been walked."""

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from agent.demo.clip.backdrop import Colour, Pixels
from agent.demo.clip.lens import pixels_per_m, project
from agent.demo.clip.story import Kind, Pose

_STRIDE_M = 1.4
_DOG_STRIDE_M = 0.55
_SHIFT = 4
"""Fractional bits of coordinates, so that nobody jumps from pixel to pixel."""
_ASIDE = 0.45
"""Who faces less than this to a side shows front or back."""
_SHEET_M = 0.5
_PAPER: Colour = (238, 240, 240)


@dataclass(frozen=True, slots=True)
class Outfit:
    """Colours and height of a person."""

    top: Colour
    trousers: Colour
    hair: Colour
    skin: Colour
    height_m: float


WARDROBE = (
    Outfit((52, 60, 176), (92, 62, 44), (38, 52, 74), (150, 178, 222), 1.78),
    Outfit((128, 104, 44), (60, 62, 66), (40, 128, 196), (160, 190, 232), 1.68),
    Outfit((64, 150, 196), (74, 60, 54), (30, 34, 40), (86, 118, 164), 1.82),
)
_COAT: Colour = (46, 84, 132)
_COAT_DARK: Colour = (34, 62, 100)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in metres around a foot point."""

    picture: Pixels
    x: float
    y: float
    scale: float

    def at(self, x_m: float, up_m: float) -> tuple[int, int]:
        """In pixels, with fractional bits."""
        one = 1 << _SHIFT
        return round((self.x + self.scale * x_m) * one), round((self.y - self.scale * up_m) * one)

    def limb(self, joints: list[tuple[float, float]], thick_m: float, colour: Colour) -> None:
        """A line with round ends through joints."""
        width = max(2, round(thick_m * self.scale))
        for one, other in pairwise(joints):
            cv2.line(self.picture, self.at(*one), self.at(*other), colour, width, cv2.LINE_AA, _SHIFT)

    def oval(self, centre: tuple[float, float], size_m: tuple[float, float], colour: Colour, tilt: float = 0.0) -> None:
        """A filled ellipse; the size is half of its axes."""
        axes = (max(16, round(size_m[0] * self.scale * 16)), max(16, round(size_m[1] * self.scale * 16)))
        cv2.ellipse(self.picture, self.at(*centre), axes, tilt, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)

    def shape(self, corners: list[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        points = np.array([self.at(*corner) for corner in corners], np.int32)
        cv2.fillPoly(self.picture, [points], colour, cv2.LINE_AA, _SHIFT)


def draw_figure(picture: Pixels, pose: Pose) -> None:
    """Whoever it is, at its place."""
    foot = project(pose.x_m, pose.z_m)
    pen = _Pen(picture, foot.x, foot.y, pixels_per_m(pose.z_m))
    match pose.actor.kind:
        case Kind.PERSON:
            _draw_person(pen, pose, WARDROBE[pose.actor.outfit % len(WARDROBE)])
        case Kind.DOG:
            _draw_dog(pen, pose)
    if pose.code is not None:
        _draw_sheet(pen, pose.code)


def draw_shadow(picture: Pixels, pose: Pose) -> None:
    """On the ground, to the right and towards the camera."""
    foot, scale = project(pose.x_m, pose.z_m), pixels_per_m(pose.z_m)
    is_dog = pose.actor.kind is Kind.DOG
    length, width = (0.55, 0.42) if is_dog else (1.1, 0.3)
    centre = (round(foot.x + scale * length * 0.3), round(foot.y))
    cv2.ellipse(
        picture,
        centre,
        (round(scale * length * 0.55), round(scale * width * 0.26)),
        4,
        0,
        360,
        (0, 0, 0),
        -1,
        cv2.LINE_AA,
    )


def _draw_person(pen: _Pen, pose: Pose, outfit: Outfit) -> None:
    tall = outfit.height_m
    phase = 2 * math.pi * pose.walked_m / _STRIDE_M
    swing = math.sin(phase) if pose.direction is not None else 0.0
    side = math.copysign(1.0, pose.faces) if abs(pose.faces) > _ASIDE else 0.0
    bob = 0.012 * tall * abs(math.cos(phase)) if pose.direction is not None else 0.0
    hip, shoulder = 0.5 * tall + bob, 0.8 * tall + bob
    broad = (0.085 if side else 0.115) * tall
    arms = _arms(tall, shoulder, broad, swing, side, is_holding=pose.code is not None)
    pen.limb(arms[0], 0.052 * tall, _darker(outfit.top))
    pen.oval(arms[0][-1], (0.024 * tall, 0.024 * tall), outfit.skin)
    for which, colour in ((-1, _darker(outfit.trousers)), (1, outfit.trousers)):
        pen.limb(_leg(tall, hip, which, swing, side), 0.075 * tall, colour)
        toe = _leg(tall, hip, which, swing, side)[-1]
        pen.limb([toe, (toe[0] + 0.045 * tall * side, toe[1] - 0.004 * tall)], 0.045 * tall, (34, 34, 38))
    pen.shape(
        [
            (-broad, shoulder),
            (-broad * 0.55, shoulder + 0.03 * tall),
            (broad * 0.55, shoulder + 0.03 * tall),
            (broad, shoulder),
            (broad * 0.82, hip - 0.03 * tall),
            (-broad * 0.82, hip - 0.03 * tall),
        ],
        outfit.top,
    )
    pen.limb([(0.01 * tall * side, shoulder), (0.015 * tall * side, 0.88 * tall + bob)], 0.05 * tall, outfit.skin)
    head = (0.02 * tall * side, 0.925 * tall + bob)
    pen.oval(head, (0.055 * tall, 0.07 * tall), outfit.skin)
    is_away = side == 0 and pose.direction is not None and pose.direction.value == "away"
    pen.oval(
        (head[0] - 0.014 * tall * side, head[1] + (0.0 if is_away else 0.03 * tall)),
        (0.057 * tall, 0.068 * tall if is_away else 0.046 * tall),
        outfit.hair,
    )
    pen.limb(arms[1], 0.055 * tall, outfit.top)
    pen.oval(arms[1][-1], (0.026 * tall, 0.026 * tall), outfit.skin)


def _leg(tall: float, hip: float, which: int, swing: float, side: float) -> list[tuple[float, float]]:
    """Hip, knee, ankle. Seen from the front a step is a foot that is lifted."""
    out = 0.045 * tall * which
    if not side:
        lift = 0.05 * tall * max(0.0, swing * which)
        return [(out, hip), (out * 1.05, hip * 0.52 + lift), (out, 0.035 * tall + lift)]
    angle = 0.5 * swing * which
    bend = 0.55 * max(0.0, -math.cos(math.asin(max(-1.0, min(1.0, swing)))) * 0.5 * which + 0.3)
    knee = (side * 0.24 * tall * math.sin(angle), hip - 0.24 * tall * math.cos(angle))
    lower = angle - bend
    return [
        (0.0, hip),
        knee,
        (knee[0] + side * 0.235 * tall * math.sin(lower), knee[1] - 0.235 * tall * math.cos(lower)),
    ]


def _arms(  # noqa: PLR0913 - all of a body's state that arms depend on
    tall: float, shoulder: float, broad: float, swing: float, side: float, *, is_holding: bool
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Shoulder, elbow, hand of the far and of the near arm."""
    if is_holding:
        left, right = (
            [(out * broad, shoulder), (out * broad * 1.9, shoulder - 0.12 * tall), (out * 0.23, shoulder - 0.05 * tall)]
            for out in (-1, 1)
        )
        return left, right
    arms = []
    for which in (-1, 1):
        if side:
            angle = -0.55 * swing * which
            elbow = (side * 0.17 * tall * math.sin(angle), shoulder - 0.17 * tall * math.cos(angle))
            hand = angle + 0.35
            arms.append(
                [
                    (0.0, shoulder - 0.015 * tall),
                    elbow,
                    (elbow[0] + side * 0.15 * tall * math.sin(hand), elbow[1] - 0.15 * tall * math.cos(hand)),
                ]
            )
        else:
            x = which * broad * 1.05
            arms.append(
                [(x, shoulder - 0.02 * tall), (x * 1.18, shoulder - 0.18 * tall), (x * 1.1, shoulder - 0.33 * tall)]
            )
    return arms[0], arms[1]


def _draw_dog(pen: _Pen, pose: Pose) -> None:
    side = 1.0 if pose.faces >= 0 else -1.0
    phase = 2 * math.pi * pose.walked_m / _DOG_STRIDE_M
    for x, offset, colour in (
        (-0.24, 0.0, _COAT_DARK),
        (0.22, 1.9, _COAT_DARK),
        (-0.2, 3.1, _COAT),
        (0.26, 5.0, _COAT),
    ):
        angle = 0.5 * math.sin(phase + offset)
        knee = (side * (x + 0.14 * math.sin(angle)), 0.34 - 0.17 * math.cos(angle))
        foot = (side * (x + 0.24 * math.sin(angle)), 0.02 + 0.05 * max(0.0, math.cos(phase + offset)))
        pen.limb([(side * x, 0.38), knee, foot], 0.065, colour)
    wag = 0.08 * math.sin(2.3 * phase)
    pen.limb([(side * -0.32, 0.48), (side * -0.46, 0.58 + wag), (side * -0.55, 0.7 + wag)], 0.05, _COAT_DARK)
    pen.oval((0.0, 0.43), (0.36, 0.135), _COAT)
    pen.limb([(side * 0.27, 0.48), (side * 0.4, 0.62)], 0.15, _COAT)
    pen.oval((side * 0.45, 0.68), (0.115, 0.095), _COAT)
    pen.oval((side * 0.55, 0.64), (0.075, 0.05), _COAT_DARK)
    pen.oval((side * 0.38, 0.68), (0.04, 0.085), _COAT_DARK, 15 * side)
    pen.oval((side * 0.61, 0.66), (0.02, 0.017), (24, 24, 26))


def _draw_sheet(pen: _Pen, text: str) -> None:
    """Held before the chest, with its quiet zone."""
    code = cv2.QRCodeEncoder.create().encode(text)
    side = round(_SHEET_M * pen.scale)
    code = cv2.copyMakeBorder(code, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=255)
    code = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    x, y = round(pen.x - side / 2), round(pen.y - pen.scale * 1.6)
    height, width = pen.picture.shape[:2]
    top, left, bottom, right = max(y, 0), max(x, 0), min(y + side, height), min(x + side, width)
    if top < bottom and left < right:
        sheet = code[top - y : bottom - y, left - x : right - x]
        pen.picture[top:bottom, left:right] = np.where(sheet[..., None] > 0, np.array(_PAPER, np.uint8), np.uint8(30))


def _darker(colour: Colour) -> Colour:
    return (round(colour[0] * 0.78), round(colour[1] * 0.78), round(colour[2] * 0.78))
