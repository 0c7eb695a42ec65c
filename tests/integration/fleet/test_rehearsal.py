"""An update for real, as the rehearsal does it: `tests/fleet/rehearsal.py` has more of it, and prints figures."""

import random

from tests.fleet.rehearsals import rehearsing


def test_an_update_is_carried_through_and_power_cuts_amid_another_leave_one_good_release() -> None:
    with rehearsing(start_within_s=300.0) as rehearsal:  # on a machine that does something else, too
        update = rehearsal.good_update()
        assert update.held, update.seen
        cut = rehearsal.power_cuts(2, random.Random(6))  # noqa: S311 - repeatable moments
        assert cut.held, cut.seen
        assert rehearsal.whole_journal().held
