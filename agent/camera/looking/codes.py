"""Reads QR codes and barcodes.

Measured on one core of x86: a picture 640 pixels wide without a code costs 3 ms when it is plain and 17 ms when it is
full of corners, a whole 1280x720 frame up to 50 ms. So the small picture is read, and the whole frame now and then.
"""

from collections.abc import Iterable

import cv2

from agent.camera.looking.scaled import Pixels
from agent.camera.values import Code

_LONGEST = 4096
"""Characters of a code that are kept: more than a QR code of the largest size has in letters."""


class CodeReader:
    """Reads codes.

    Args:
        kinds: `qr`, `barcode`.
    """

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._qr = cv2.QRCodeDetectorAruco() if "qr" in kinds else None
        self._qr_otherwise = cv2.QRCodeDetector() if "qr" in kinds else None
        self._barcode = cv2.barcode.BarcodeDetector() if "barcode" in kinds else None

    def read(self, grey: Pixels, *, thoroughly: bool) -> tuple[Code, ...]:
        """The codes in a picture, each once.

        Args:
            grey: (height, width).
            thoroughly: Whether OpenCV's second reader of QR codes has a try, where the first finds none.
        """
        found = self._qr_codes(self._qr, grey)
        if not found and thoroughly:
            found = self._qr_codes(self._qr_otherwise, grey)
        return tuple(dict.fromkeys([*found, *self._barcodes(grey)]))

    @staticmethod
    def _qr_codes(reader: cv2.QRCodeDetectorAruco | cv2.QRCodeDetector | None, grey: Pixels) -> list[Code]:
        if reader is None:
            return []
        try:
            _, texts, *_ = reader.detectAndDecodeMulti(grey)
        except (cv2.error, UnicodeDecodeError):  # of what only looks like a code; of bytes that are no text
            return []
        return list(_named(("qr", text) for text in texts))

    def _barcodes(self, grey: Pixels) -> list[Code]:
        if self._barcode is None:
            return []
        try:
            _, texts, kinds, _ = self._barcode.detectAndDecodeWithType(grey)
        except (cv2.error, UnicodeDecodeError):
            return []
        return list(_named(zip(kinds, texts, strict=True)))


def _named(found: Iterable[tuple[str, str]]) -> Iterable[Code]:
    return (Code(kind.lower(), text[:_LONGEST]) for kind, text in found if text)
