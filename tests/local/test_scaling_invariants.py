"""The activator: what holds whatever happens, in any order and at any speed."""

import math
from collections.abc import Hashable, Iterable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from local.scaling import UNLIMITED, Action, Activator, Assign, Fail, Policy, Refuse, Start, Stop
from tests.soak import drawn


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
        self.provisioned: set[int] = set()

    @rule(
        concurrency=st.integers(1, 3),
        minimum=st.integers(0, 2),
        more=st.integers(0, 3),
        idle=st.sampled_from([0.0, 5.0]),
        wait=st.sampled_from([0.0, 3.0]),
        on_demand=st.booleans(),
        provisioned=st.booleans(),
    )
    @precondition(lambda self: self.count == 0 and not self.starting)
    def begin(
        self,
        concurrency: int,
        minimum: int,
        more: int,
        idle: float,
        wait: float,
        on_demand: bool,
        provisioned: bool,
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
            provisioned and on_demand,
        )
        self.activator = Activator(self.policy)
        self.running.clear()
        self.sick.clear()
        self.provisioned.clear()
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
        self.provisioned.discard(instance)
        self.obey(self.activator.failed(instance, self.now))

    @rule(data=st.data(), back=st.booleans())
    @precondition(lambda self: self.running)
    def lost(self, data: st.DataObject, back: bool) -> None:
        instance = data.draw(st.sampled_from(sorted(self.running)))
        orphans = self.running.pop(instance)
        self.sick.discard(instance)
        self.provisioned.discard(instance)
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
                case Start(instance, provisioned):
                    assert instance not in self.running
                    self.starting.add(instance)
                    if provisioned:
                        self.provisioned.add(instance)
                case Assign(request, instance):
                    self.waiting.remove(request)
                    self.assert_in_turn(instance)
                    self.running[instance].add(request)
                    assert instance not in self.sick or not self.has_room(self.healthy)
                case Refuse(request) | Fail(request):
                    self.waiting.remove(request)
                case Stop(instance, sick=True):
                    assert not self.running.pop(instance), "a busy instance was stopped"
                    self.sick.remove(instance)
                    self.provisioned.discard(instance)
                    assert len(self.healthy) >= self.policy.minimum
                case Stop(instance):
                    assert not self.running.pop(instance), "a busy instance was stopped"
                    assert instance not in self.sick | self.provisioned
                    assert self.now >= self.idle_since[instance] + self.policy.idle_seconds

    def assert_in_turn(self, instance: int) -> None:
        """No request goes to another while one that is provisioned has room."""
        free = {one for one in self.provisioned & self.healthy if self.has_room([one])}
        assert instance in free or not free

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
    def others_take_no_place_of_a_provisioned_instance(self) -> None:
        there = (self.starting | self.healthy) & self.provisioned
        assert len(there) <= self.policy.minimum
        if self.policy.provisioned:
            others = (self.starting | self.healthy) - self.provisioned
            assert len(others) <= self.policy.maximum - self.policy.minimum

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
        assert not self.policy.provisioned or self.provisioned == set(self.running)
        assert not self.count or not self.sick


ActivatorMachine.TestCase.settings = settings(max_examples=drawn(80), stateful_step_count=30, deadline=None)
TestActivator = ActivatorMachine.TestCase
