"""How bright, how contrasted and how sharp a picture is."""

from dataclasses import dataclass

import cv2

from agent.camera.looking.scaled import Pixels


@dataclass(frozen=True, slots=True)
class Light:
    """What `Look` calls brightness, contrast and sharpness."""

    brightness: float
    contrast: float
    sharpness: float


def measure_light(grey: Pixels) -> Light:
    """Mean and standard deviation of the grey values, and the variance of their Laplacian.

    Args:
        grey: (height, width), at `scaled.SHARP_WIDTH` pixels of width.
    """
    mean, deviation = cv2.meanStdDev(grey)
    _, edges = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return Light(float(mean[0, 0]), float(deviation[0, 0]), float(edges[0, 0]) ** 2)
