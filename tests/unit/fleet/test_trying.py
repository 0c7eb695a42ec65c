"""A trial on a device that has no power or no memory for a while, in simulated time."""

import asyncio

from agent.clock import Clock
from agent.errors import EngineGivenUpError, EngineWithdrawnError
from agent.fleet.happenings import Disproved, Proved, Serves
from agent.fleet.trying import Trial, measure
from agent.fleet.update import Baseline, Moment, State, Update
from agent.fleet.values import Canary, CanaryAnswer, ReleaseName, Tally
from agent.units import Seconds, UnixSeconds
from tests.fleet.device import SimulatedService
from tests.fleet.releases import CANARIES, GOOD, PROOF
from tests.fleet.simulated_time import simulate

LONG = 20 * PROOF.within
UPDATE = Update(State.PROVING, release=ReleaseName("r1"), proof=PROOF, baseline=Baseline(), is_over=False)


class StarvingService(SimulatedService):
    """Does nothing while it has no power; without memory, it loses its model."""

    def __init__(self) -> None:
        super().__init__(GOOD)
        self.fed = asyncio.Event()
        self.fed.set()
        self.asked = 0
        self.failed = 0

    def tally(self) -> Tally:
        return Tally(20, self.failed)

    def starve(self, of: str, lasts: float) -> None:
        self.starved_of = of
        self.fed.clear()
        asyncio.get_running_loop().call_later(lasts, self._feed)

    def _feed(self) -> None:
        self.starved_of = None
        self.fed.set()

    async def serving(self) -> None:
        await super().serving()
        await self.fed.wait()

    async def ask(self, canary: Canary) -> CanaryAnswer:
        assert self.starved_of is None
        self.asked += 1
        if self.asked == 1:
            await asyncio.sleep(0.1)
            self.starve("memory", LONG)
            raise EngineGivenUpError("memory was nearly used up")
        if self.asked == 2:
            raise EngineWithdrawnError("another model is loaded")
        return await super().ask(canary)


def now() -> Seconds:
    return Seconds(asyncio.get_running_loop().time())


def trial(service: StarvingService) -> Trial:
    return Trial(service, Clock("boot", now=now, wall=lambda: UnixSeconds(1.0)), CANARIES, PROOF)


def test_a_release_is_not_blamed_for_power_and_memory_that_it_has_not() -> None:
    async def then() -> None:
        service = StarvingService()
        service.starve("over_budget", LONG)
        assert await trial(service).go_on(UPDATE) == Serves()
        assert service.asked == 2 + len(CANARIES)
        assert now() > 2 * LONG

    simulate(then())


def test_its_time_begins_to_run_again() -> None:
    async def then() -> None:
        service = StarvingService()
        service.fed.clear()  # for ever
        service.starved_of = "over_budget"
        asyncio.get_running_loop().call_later(LONG, setattr, service, "starved_of", None)
        verdict = await trial(service).go_on(UPDATE)
        assert isinstance(verdict, Disproved)
        assert verdict.why.startswith("it did not serve within 120 s, besides 2")
        assert LONG + PROOF.within - 2 < now() < LONG + PROOF.within + 2

    simulate(then())


def test_more_than_a_day_without_power_may_be_the_site_s_plan() -> None:
    async def then() -> None:
        service = StarvingService()
        service.asked = 2
        service.starve("over_budget", 25 * 3600)
        assert await trial(service).go_on(UPDATE) == Serves()
        assert now() > 25 * 3600

    simulate(then())


def test_what_fails_while_it_has_no_memory_is_not_counted() -> None:
    async def then() -> None:
        service = StarvingService()
        service.asked = 2
        proving = trial(service)
        assert await proving.go_on(UPDATE) == Serves()
        since = Moment("boot", now(), UnixSeconds(1.0))
        served = Update(State.PROVING, release=UPDATE.release, proof=PROOF, serves_since=since, is_over=False)

        def hungry() -> None:
            service.starve("memory", 300)
            service.failed = 3

        asyncio.get_running_loop().call_later(60, hungry)
        asyncio.get_running_loop().call_later(400, setattr, service, "failed", 5)
        assert isinstance(await proving.go_on(served), Proved), "two of its own are too few"
        service.failed = 6
        verdict = await proving.go_on(served)
        assert verdict == Disproved("3 of 23 prompts failed (13.0%); before it were 0.0%, 5.0% are allowed")

    simulate(then())


def test_one_that_has_no_memory_for_ever_is_given_up_after_a_day() -> None:
    async def then() -> None:
        service = StarvingService()
        service.starve("memory", 1e9)
        verdict = await trial(service).go_on(UPDATE)
        assert verdict == Disproved("it did not serve within 120 s, besides 86400 s without power or memory for it")
        assert now() < 86400 + PROOF.within + 2

    simulate(then())


def test_nor_does_it_count_as_time_in_which_it_served() -> None:
    async def then() -> None:
        service = StarvingService()
        service.asked = 2
        proving = trial(service)
        assert await proving.go_on(UPDATE) == Serves()
        began = now()
        asyncio.get_running_loop().call_later(60, service.starve, "over_budget", LONG)
        since = Moment("boot", began, UnixSeconds(1.0))
        served = Update(State.PROVING, release=UPDATE.release, proof=PROOF, serves_since=since, is_over=False)
        assert isinstance(await proving.go_on(served), Proved)
        assert now() - began > PROOF.lasts + LONG - 60

    simulate(then())


def test_the_release_before_is_not_waited_for() -> None:
    async def then() -> None:
        service = StarvingService()
        service.asked = 2
        service.starve("memory", 1e9)
        assert (await measure(service, CANARIES)).baseline == Baseline()
        assert now() < LONG

    simulate(then())
