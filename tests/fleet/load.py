"""Prompts to a device while something happens to it: which were answered, and for how long none was."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from tests.client import Client
from tests.fleet.rehearsed_releases import QUESTION


@dataclass
class Load:
    """Prompts that are sent as fast as they are taken."""

    client: Client
    count: int
    mark: str = field(default_factory=lambda: f"load{time.monotonic_ns()}")

    @contextmanager
    def sending(self) -> Iterator[None]:
        """While the block lasts; all are sent at its end."""
        thread = threading.Thread(target=self._send)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _send(self) -> None:
        for number in range(self.count):
            self.client.prompt({"id": f"{self.mark}-{number}", "prompt": QUESTION, "max_tokens": 6})

    def _arrivals(self) -> list[float]:
        return sorted(at for topic, at in self.client.arrivals.copy().items() if f"/reply/{self.mark}-" in topic)

    def missing(self) -> int:
        """Prompts that have no reply."""
        return self.count - len(self._arrivals())

    def wrong(self) -> int:
        """Replies that are none."""
        replies = [it for key, it in self.client.all_replies().items() if key.startswith(self.mark)]
        return sum("choices" not in json.loads(payload) for payloads in replies for payload in payloads)

    def longest_gap(self) -> float:
        """Between two replies, in seconds."""
        arrivals = self._arrivals()
        return max(later - earlier for earlier, later in pairwise(arrivals))

    def took(self) -> float:
        """From the first reply to the last, in seconds."""
        arrivals = self._arrivals()
        return arrivals[-1] - arrivals[0]
