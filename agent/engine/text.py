"""Turns pieces of generated text into deltas that may be shown, and finds where the answer ends.

Pure. Pieces hold whole characters: an engine's detokenizer keeps back the bytes of a character that is not complete.
Invariant: the deltas of one answer, in order, are `text`, however the generated text was split into pieces.
"""


class AnswerText:
    """The text of one answer while it grows.

    Args:
        stops: Texts that end the answer and are not part of it. The first one to be complete counts; of two complete
            at the same character, the longer one. Empty ones stop nothing.
    """

    def __init__(self, stops: tuple[str, ...] = ()) -> None:
        self._stops = tuple(filter(None, stops))
        self._shown: list[str] = []
        self._held = ""
        self.stopped = False

    @property
    def text(self) -> str:
        """All deltas so far."""
        return "".join(self._shown)

    def push(self, piece: str) -> str:
        """Add generated text; what is behind a stop is ignored.

        Returns:
            What may be shown now: all but a tail that could be the beginning of a stop. Often empty.
        """
        if self.stopped or not piece:
            return ""
        if not self._stops:
            self._shown.append(piece)
            return piece
        searched = len(self._held)
        self._held += piece
        start = self._find_stop(searched)
        if start is not None:
            self.stopped = True
            return self._show(start, keep=False)
        return self._show(len(self._held) - self._open_stop(), keep=True)

    def end(self) -> str:
        """No more comes: what was kept back is shown, as it did not become a stop."""
        return "" if self.stopped else self._show(len(self._held), keep=False)

    def _show(self, length: int, *, keep: bool) -> str:
        delta, rest = self._held[:length], self._held[length:]
        self._held = rest if keep else ""
        if delta:
            self._shown.append(delta)
        return delta

    def _find_stop(self, searched: int) -> int | None:
        """Where in the held text the first stop to be complete begins. None ends within the first `searched`."""
        ends = []
        for stop in self._stops:
            start = self._held.find(stop, max(0, searched - len(stop) + 1))
            if start >= 0:
                ends.append((start + len(stop), start))
        return min(ends)[1] if ends else None

    def _open_stop(self) -> int:
        """Length of the longest tail of the held text that is the beginning of a stop."""
        longest = 0
        for stop in self._stops:
            for length in range(min(len(stop) - 1, len(self._held)), longest, -1):
                if self._held.endswith(stop[:length]):
                    longest = length
                    break
        return longest
