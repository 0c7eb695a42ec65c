"""What the simulated board shows of itself: it writes the tree that the real sensors read."""

from tests.boards import BoardTree
from tests.boards.board import Channel
from tests.plant.world import World

_INPUTS = ("VDD_IN", "POM_5V_IN", "VIN")


class PlantSysfs:
    """Writes the meter's and the zones' files.

    Args:
        tree: The board's.
        world: What is to be shown.
    """

    def __init__(self, tree: BoardTree, world: World) -> None:
        self._tree = tree
        self._world = world
        self._channels = [channel for chip in tree.board.chips for channel in chip.channels if channel.millivolts]
        self._zone = tree.board.zones[0].name
        self._slows = next((name for name in tree.board.cooling if name.endswith("throttle-alert")), None)
        self.blind = False

    def write_power(self) -> None:
        """A conversion of the meter: a mean over its window, some time ago, in its steps of current."""
        board, now = self._world.board, self._world.now()
        end = max(now - board.delay_s, 0.0)
        begin = max(end - board.window_s, 0.0)
        if end <= begin:
            return
        watts = (self._world.energy(end) - self._world.energy(begin)) / (end - begin)
        for channel in self._channels:
            if self.blind:
                self._tree.rail_file(channel.label).write_text("garbage\n")
            else:
                self._tree.set_power(channel.label, self._quantized(channel, self._of_rail(channel, watts)))

    def write_heat(self) -> None:
        """The hottest zone, and whether the hardware throttles."""
        self._tree.zone_file(self._zone).write_text(f"{round(self._world.celsius * 1000)}\n")
        if self._slows is not None:
            self._tree.cooling_file(self._slows).write_text(f"{int(self._world.throttled)}\n")

    def _of_rail(self, channel: Channel, watts: float) -> float:
        if channel.label in _INPUTS:
            return watts
        of_base, of_rise = self._world.board.rails[channel.label]
        base = self._world.base_w
        return base * of_base + max(0.0, watts - base) * of_rise

    def _quantized(self, channel: Channel, watts: float) -> float:
        step = self._world.board.step_ma * channel.millivolts / 1000
        return round(watts * 1000 / step) * step
