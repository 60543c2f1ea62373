"""The activator: what it decides, on a clock of the test's own, and what holds whatever happens."""

import math
from collections.abc import Hashable, Iterable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from local.scaling import UNLIMITED, Action, Activator, Assign, Fail, Policy, Refuse, Start, Stop

LAMBDA = Policy(concurrency=1, minimum=0, maximum=2, idle_seconds=10)
CLOUD_RUN = Policy(concurrency=2, minimum=0, maximum=1, idle_seconds=10, wait_seconds=10, wait_startups=3.5)
APP_RUNNER = Policy(concurrency=2, minimum=1, maximum=2, idle_seconds=10)
TWO_TASKS = Policy(concurrency=UNLIMITED, minimum=2, maximum=2, idle_seconds=0, on_demand=False)


def test_a_request_starts_an_instance_is_held_until_it_is_ready_and_the_idle_instance_goes() -> None:
    activator = Activator(LAMBDA)

    assert activator.arrive("a", 0) == [Start(1)]
    assert activator.ready(1, 0.2) == [Assign("a", 1)]
    assert activator.done("a", 0.3) == []
    assert activator.wakes_at(0.3) == 10.3
    assert activator.tick(10.2) == []
    assert activator.tick(10.3) == [Stop(1)]
    assert activator.instances == 0
    assert activator.arrive("b", 11) == [Start(2)]


def test_each_concurrent_request_has_an_instance_of_its_own_where_concurrency_is_one() -> None:
    activator = Activator(LAMBDA)

    assert activator.arrive("a", 0) == [Start(1)]
    assert activator.arrive("b", 0) == [Start(2)]
    assert activator.ready(2, 1) == [Assign("a", 2)]
    assert activator.ready(1, 1) == [Assign("b", 1)]


def test_a_held_request_takes_the_instance_that_becomes_free_first() -> None:
    """Lambda does so too: the instance that was started for it is then initialised ahead of any request."""
    activator = Activator(LAMBDA)
    activator.arrive("a", 0)
    activator.ready(1, 1)

    assert activator.arrive("b", 2) == [Start(2)]
    assert activator.done("a", 3) == [Assign("b", 1)]
    assert activator.ready(2, 4) == []


def test_beyond_the_maximum_a_request_is_refused_at_once_where_the_policy_lets_none_wait() -> None:
    activator = Activator(LAMBDA)
    activator.arrive("a", 0)
    activator.arrive("b", 0)

    assert activator.arrive("c", 0) == [Refuse("c")]


def test_an_instance_takes_requests_up_to_its_concurrency_before_another_starts() -> None:
    activator = Activator(APP_RUNNER)

    assert activator.tick(0) == [Start(1)]
    assert activator.ready(1, 1) == []
    assert activator.arrive("a", 2) == [Assign("a", 1)]
    assert activator.arrive("b", 2) == [Assign("b", 1)]
    assert activator.arrive("c", 2) == [Start(2)]
    assert activator.arrive("d", 2) == []
    assert activator.arrive("e", 2) == [Refuse("e")]


def test_at_the_maximum_a_request_waits_and_is_then_refused() -> None:
    activator = Activator(CLOUD_RUN)
    activator.arrive("a", 0)
    activator.arrive("b", 0)

    assert activator.arrive("c", 1) == []
    assert activator.wakes_at(1) == 11
    assert activator.tick(10.9) == []
    assert activator.tick(11) == [Refuse("c")]


def test_the_wait_at_the_maximum_grows_with_the_average_start_up() -> None:
    activator = Activator(CLOUD_RUN)
    activator.arrive("a", 0)
    activator.arrive("b", 0)
    activator.ready(1, 4)

    assert activator.arrive("c", 5) == []
    assert activator.average_startup == 4
    assert activator.wakes_at(5) == 5 + 3.5 * 4


def test_a_request_whose_instance_is_starting_is_not_refused_however_long_the_start_takes() -> None:
    activator = Activator(CLOUD_RUN)
    activator.arrive("a", 0)

    assert activator.wakes_at(0) is None
    assert activator.tick(1000) == []


def test_the_idle_return_to_the_minimum_and_the_minimum_stays() -> None:
    activator = Activator(APP_RUNNER)
    activator.tick(0)
    activator.ready(1, 1)
    for request in "abc":
        activator.arrive(request, 2)
    activator.ready(2, 3)
    for request in "abc":
        activator.done(request, 4)

    assert activator.tick(14) == [Stop(1)]
    assert activator.wakes_at(14) is None
    assert activator.tick(1000) == []
    assert activator.instances == 1


def test_when_an_instance_does_not_start_the_requests_it_would_have_taken_fail_and_others_get_another() -> (
    None
):
    activator = Activator(Policy(concurrency=2, minimum=0, maximum=1, idle_seconds=10, wait_seconds=10))
    for request in "abc":
        activator.arrive(request, 0)

    assert activator.failed(1, 1) == [Fail("a", 1), Fail("b", 1), Start(2)]


def test_an_instance_of_the_minimum_that_does_not_start_is_tried_again_ever_more_slowly() -> None:
    activator = Activator(APP_RUNNER)
    activator.tick(0)

    assert activator.failed(1, 1) == []
    assert activator.wakes_at(1) == 2
    assert activator.tick(2) == [Start(2)]
    assert activator.failed(2, 3) == []
    assert activator.wakes_at(3) == 5


def test_a_lost_instance_is_replaced_where_the_minimum_asks_for_it() -> None:
    activator = Activator(APP_RUNNER)
    activator.tick(0)
    activator.ready(1, 1)
    activator.arrive("a", 2)

    assert activator.lost(1, 3) == [Start(2)]
    assert activator.done("a", 3) == []
    assert activator.ready(2, 4) == []


def test_a_request_that_its_instance_never_took_is_the_next_in_line() -> None:
    activator = Activator(LAMBDA)
    activator.arrive("a", 0)
    activator.ready(1, 1)
    activator.arrive("b", 2)
    activator.lost(1, 3)

    assert activator.put_back("a", 3) == [Start(3)]
    assert activator.ready(2, 4) == [Assign("a", 2)]


def test_a_held_request_whose_client_has_gone_starts_nothing_and_gets_nothing() -> None:
    activator = Activator(LAMBDA)
    activator.arrive("a", 0)

    assert activator.done("a", 1) == []
    assert activator.ready(1, 2) == []


def test_where_nothing_starts_on_demand_the_minimum_runs_and_takes_turns_whatever_comes() -> None:
    activator = Activator(TWO_TASKS)
    activator.tick(0)
    activator.ready(1, 1)
    activator.ready(2, 2)

    assert [activator.arrive(request, 3) for request in "abcd"] == [
        [Assign("a", 1)],
        [Assign("b", 2)],
        [Assign("c", 1)],
        [Assign("d", 2)],
    ]
    assert [activator.done(request, 4) for request in "abcd"] == [[]] * 4
    assert activator.wakes_at(4) is None


def test_where_nothing_starts_on_demand_a_request_without_an_instance_is_refused_and_not_held() -> None:
    activator = Activator(TWO_TASKS)

    assert activator.tick(0) == [Start(1), Start(2)]
    assert activator.arrive("a", 1) == [Refuse("a")]
    assert activator.failed(1, 2) == []
    assert activator.arrive("b", 2) == [Refuse("b")]
    assert activator.ready(2, 2.5) == []
    assert activator.tick(3) == [Start(3)]


def test_a_sick_instance_gets_nothing_while_another_is_healthy_and_goes_once_it_is_replaced_and_idle() -> (
    None
):
    activator = Activator(TWO_TASKS)
    activator.tick(0)
    activator.ready(1, 1)
    activator.ready(2, 1)
    activator.arrive("a", 2)

    assert activator.sick(1, 3) == [Start(3)]
    assert [activator.arrive(request, 4) for request in "bc"] == [[Assign("b", 2)], [Assign("c", 2)]]
    assert activator.ready(3, 5) == []
    assert activator.done("a", 6) == [Stop(1, sick=True)]


def test_where_all_instances_are_sick_they_serve_until_others_have_taken_their_places() -> None:
    activator = Activator(TWO_TASKS)
    activator.tick(0)
    activator.ready(1, 1)
    activator.ready(2, 1)
    activator.sick(1, 2)
    activator.sick(2, 2)

    assert [activator.arrive(request, 3) for request in "ab"] == [[Assign("a", 1)], [Assign("b", 2)]]
    activator.done("a", 4)
    activator.done("b", 4)
    assert activator.ready(3, 5) == []
    assert activator.arrive("c", 6) == [Assign("c", 3)]
    assert activator.ready(4, 7) == [Stop(1, sick=True), Stop(2, sick=True)]


def test_a_sick_instance_that_dies_is_not_replaced_a_second_time() -> None:
    activator = Activator(APP_RUNNER)
    activator.tick(0)
    activator.ready(1, 1)

    assert activator.sick(1, 2) == [Start(2)]
    assert activator.lost(1, 3) == []
    assert activator.ready(2, 4) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"concurrency": 0}, "concurrency is 0"),
        ({"minimum": 3}, "minimum is 3 and maximum 2"),
        ({"minimum": -1}, "minimum is -1"),
        ({"maximum": 0}, "maximum 0"),
        ({"idle_seconds": -1}, "idle_seconds"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_values(wrong: dict[str, Any], said: str) -> None:
    values: dict[str, Any] = {"concurrency": 1, "minimum": 0, "maximum": 2, "idle_seconds": 10.0, **wrong}

    with pytest.raises(ValueError, match=said):
        Policy(**values)


class ActivatorMachine(RuleBasedStateMachine):
    """A world that obeys the activator's actions in any order and at any speed."""

    requests: Bundle[str] = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.policy = Policy(concurrency=1, minimum=0, maximum=1, idle_seconds=0)
        self.activator = Activator(self.policy)
        self.count = 0
        self.waiting: set[Hashable] = set()
        self.starting: set[int] = set()
        self.running: dict[int, set[Hashable]] = {}
        self.idle_since: dict[int, float] = {}
        self.sick: set[int] = set()

    @rule(
        concurrency=st.integers(1, 3),
        minimum=st.integers(0, 2),
        more=st.integers(0, 3),
        idle=st.sampled_from([0.0, 5.0]),
        wait=st.sampled_from([0.0, 3.0]),
        on_demand=st.booleans(),
    )
    @precondition(lambda self: self.count == 0 and not self.starting)
    def begin(
        self, concurrency: int, minimum: int, more: int, idle: float, wait: float, on_demand: bool
    ) -> None:
        startups = 1.5 if on_demand else 0
        self.policy = Policy(
            concurrency if on_demand else UNLIMITED,
            minimum,
            max(1, minimum + more),
            idle,
            wait if on_demand else 0,
            startups,
            on_demand,
        )
        self.activator = Activator(self.policy)
        self.running.clear()
        self.sick.clear()
        self.obey(self.activator.tick(self.now))

    @rule(target=requests)
    def arrive(self) -> str:
        self.count += 1
        request = f"r{self.count}"
        self.waiting.add(request)
        self.obey(self.activator.arrive(request, self.now))
        return request

    @rule(request=consumes(requests))
    def done(self, request: str) -> None:
        self.waiting.discard(request)
        for number, requests in self.running.items():
            if request in requests:
                requests.discard(request)
                self.idle_since[number] = self.now
        self.obey(self.activator.done(request, self.now))

    @rule(data=st.data())
    @precondition(lambda self: self.starting)
    def ready(self, data: st.DataObject) -> None:
        instance = data.draw(st.sampled_from(sorted(self.starting)))
        self.starting.remove(instance)
        self.running[instance] = set()
        self.idle_since[instance] = self.now
        self.obey(self.activator.ready(instance, self.now))

    @rule(data=st.data())
    @precondition(lambda self: self.starting)
    def failed(self, data: st.DataObject) -> None:
        instance = data.draw(st.sampled_from(sorted(self.starting)))
        self.starting.remove(instance)
        self.obey(self.activator.failed(instance, self.now))

    @rule(data=st.data(), back=st.booleans())
    @precondition(lambda self: self.running)
    def lost(self, data: st.DataObject, back: bool) -> None:
        instance = data.draw(st.sampled_from(sorted(self.running)))
        orphans = self.running.pop(instance)
        self.sick.discard(instance)
        self.obey(self.activator.lost(instance, self.now))
        for request in orphans:
            if back:
                self.waiting.add(request)
                self.obey(self.activator.put_back(request, self.now))
            else:
                self.obey(self.activator.done(request, self.now))

    @rule(data=st.data())
    @precondition(lambda self: self.running)
    def sickens(self, data: st.DataObject) -> None:
        instance = data.draw(st.sampled_from(sorted(self.running)))
        self.sick.add(instance)
        self.obey(self.activator.sick(instance, self.now))

    @rule()
    def time_passes(self) -> None:
        wakes_at = self.activator.wakes_at(self.now)
        self.now = wakes_at if wakes_at is not None else self.now + 1
        self.obey(self.activator.tick(self.now))

    def obey(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Start(instance):
                    assert instance not in self.running
                    self.starting.add(instance)
                case Assign(request, instance):
                    self.waiting.remove(request)
                    self.running[instance].add(request)
                    assert instance not in self.sick or not self.has_room(self.healthy)
                case Refuse(request) | Fail(request):
                    self.waiting.remove(request)
                case Stop(instance, sick=True):
                    assert not self.running.pop(instance), "a busy instance was stopped"
                    self.sick.remove(instance)
                    assert len(self.healthy) >= self.policy.minimum
                case Stop(instance):
                    assert not self.running.pop(instance), "a busy instance was stopped"
                    assert instance not in self.sick
                    assert self.now >= self.idle_since[instance] + self.policy.idle_seconds

    @property
    def healthy(self) -> set[int]:
        return set(self.running) - self.sick

    def has_room(self, instances: Iterable[int]) -> bool:
        return any(len(self.running[one]) < self.policy.concurrency for one in instances)

    @invariant()
    def no_instance_has_more_than_its_concurrency(self) -> None:
        assert all(len(requests) <= self.policy.concurrency for requests in self.running.values())

    @invariant()
    def there_are_never_more_instances_than_the_maximum(self) -> None:
        assert len(self.starting) + len(self.healthy) == self.activator.instances <= self.policy.maximum

    @invariant()
    def no_request_waits_while_an_instance_has_room(self) -> None:
        assert not (self.waiting and self.has_room(self.running))

    @invariant()
    def nobody_waits_where_nothing_starts_on_demand(self) -> None:
        assert self.policy.on_demand or not self.waiting

    @invariant()
    def who_waits_has_an_instance_coming_or_a_time_at_which_it_is_refused(self) -> None:
        coming = len(self.starting) * self.policy.concurrency
        if len(self.waiting) > coming:
            wakes_at = self.activator.wakes_at(self.now)
            assert wakes_at is not None
            assert wakes_at < math.inf

    def teardown(self) -> None:
        """Let every start succeed, every request end and time pass: nothing is left but the minimum."""
        for _ in range(10_000):
            if self.starting:
                instance = min(self.starting)
                self.starting.remove(instance)
                self.running[instance] = set()
                self.idle_since[instance] = self.now
                self.obey(self.activator.ready(instance, self.now))
            elif busy := next(((n, r) for n, held in self.running.items() for r in held), None):
                self.running[busy[0]].discard(busy[1])
                self.idle_since[busy[0]] = self.now
                self.obey(self.activator.done(busy[1], self.now))
            elif (wakes_at := self.activator.wakes_at(self.now)) is not None:
                self.now = wakes_at
                self.obey(self.activator.tick(self.now))
            else:
                break
        assert not self.waiting
        assert self.count == 0 or len(self.running) == self.policy.minimum
        assert not self.count or not self.sick


ActivatorMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestActivator = ActivatorMachine.TestCase
