"""Every way in which an `up` may go wrong, on every platform: outputs that name what runs, and an error or none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

import platforms
from stacks.releases import History, Release
from stacks.running import Asked, Running, outcome

OLD, NEW = (f"registry.example.com/shop@sha256:{letter * 64}" for letter in "ab")
# What names the old and the new release: versions, revisions, or digests if a platform keeps no releases.
NAMES = {
    "aws": ("1", "2"),
    "gcp": ("shop-00001-abc", "shop-00002-abc"),
    "apprunner": (OLD.partition("@")[2], NEW.partition("@")[2]),
    "ecs": (OLD.partition("@")[2], NEW.partition("@")[2]),
}
SHARED = ("aws", "gcp")  # that share the traffic between releases


@dataclass(frozen=True)
class Case:
    """What one platform had, what an `up` asks for, and what runs if all went well."""

    platform: str

    @property
    def names(self) -> tuple[str, str]:
        """The old and the new release."""
        return NAMES[self.platform]

    @property
    def first(self) -> Release:
        """The old release."""
        return {"version": self.names[0], "digest": OLD.partition("@")[2], "build": "old"}

    @property
    def second(self) -> Release:
        """The new release."""
        return {"version": self.names[1], "digest": NEW.partition("@")[2], "build": "new"}

    @property
    def past(self) -> History:
        """The outputs of the last `up`."""
        return History(self.names[0], (self.first,))

    def asked(self, share: int = 100) -> Asked:
        """A new image with more memory and another variable."""
        primary = None if share == 100 else self.names[0]
        return Asked(NEW, "new", {"memory": "1024"}, {"LEVEL": "debug"}, primary, share)

    def old(self) -> Running:
        """What runs before."""
        ready = self.names[0] if self.platform == "gcp" else ""
        return Running(self.names[0], OLD, {"memory": "512"}, {"LEVEL": "info"}, {self.names[0]: 100}, ready)

    def new(self, shares: Mapping[str, int] | None = None) -> Running:
        """What runs when all went well."""
        ready = self.names[1] if self.platform == "gcp" else ""
        return Running(
            self.names[1],
            NEW,
            {"memory": "1024"},
            {"LEVEL": "debug"},
            shares or {self.names[1]: 100},
            ready,
        )


@pytest.fixture(params=platforms.NAMES)
def case(request: pytest.FixtureRequest) -> Case:
    """Each platform."""
    return Case(request.param)


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest) -> Case:
    """Each platform that shares the traffic between releases."""
    return Case(request.param)


def test_all_went_well(case: Case) -> None:
    """Also if the engine was killed after the cloud had made the change: the next `up` finds it made."""
    found = outcome(case.asked(), case.new(), case.past, case.platform)

    assert (found.image, found.promoted, found.releases, found.problems) == (
        NEW,
        case.names[1],
        [case.first, case.second],
        [],
    )


def test_everything_was_refused(case: Case) -> None:
    """Or the engine was killed before the change, or the platform took it back by itself."""
    found = outcome(case.asked(), case.old(), case.past, case.platform)

    assert (found.image, found.promoted, found.releases) == (OLD, case.names[0], [case.first])
    [problem] = found.problems
    assert f"image: {NEW} was asked for, and {OLD} runs" in problem
    assert "memory: 1024 was asked for, and it is 512" in problem
    assert "LEVEL: the variable is not as it was asked for" in problem
    assert "Type `pulumi up --refresh`" in problem


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ({"settings": {"memory": "512"}}, "memory: 1024 was asked for, and it is 512"),
        ({"variables": {"LEVEL": "info"}}, "LEVEL: the variable is not as it was asked for"),
        ({"image": OLD}, f"image: {NEW} was asked for, and {OLD} runs"),
    ],
)
def test_one_part_was_refused(kept: dict[str, object], words: str, case: Case) -> None:
    """The code without the configuration, or the other way round: the `up` says which."""
    found = outcome(case.asked(), replace(case.new(), **kept), case.past, case.platform)

    assert found.image == kept.get("image", NEW)
    [problem] = found.problems
    assert problem.splitlines()[1:-1] == [f"  {words}"]


def test_the_traffic_was_refused(shared: Case) -> None:
    """The new release is there, and the promoted one keeps all or its share."""
    old, new = shared.names
    for share, runs in ((100, {old: 100}), (100, {old: 90, new: 10}), (10, {old: 100})):
        found = outcome(shared.asked(share), shared.new(runs), shared.past, shared.platform)

        assert (found.promoted, found.traffic) == (old, runs)
        assert found.releases == [shared.first, shared.second]
        assert "traffic: " in found.problems[0]


def test_a_canary_and_its_end(shared: Case) -> None:
    """A share, taken back, shown again: nothing is wrong, and the promoted one stays so until it is promoted."""
    old, new = shared.names
    for share, runs in ((10, {old: 90, new: 10}), (0, {old: 100}), (99, {old: 1, new: 99})):
        found = outcome(shared.asked(share), shared.new(runs), shared.past, shared.platform)

        assert (found.promoted, found.traffic, found.problems) == (old, runs, [])


def test_someone_changed_it_by_hand(case: Case) -> None:
    """An image that no `up` knows: its build is not known, and the `up` fails."""
    other = f"registry.example.com/shop@sha256:{'c' * 64}"
    name = "3" if case.platform in SHARED else other.partition("@")[2]
    ready = name if case.platform == "gcp" else ""
    running = Running(name, other, {"memory": "1024"}, {"LEVEL": "debug"}, {name: 100}, ready)

    found = outcome(case.asked(), running, case.past, case.platform)

    assert (found.image, found.promoted) == (other, name)
    assert found.releases[-1] == {"version": name, "digest": other.partition("@")[2], "build": ""}
    assert f"image: {NEW} was asked for, and {other} runs" in found.problems[0]


def test_the_first_up_of_a_stack_that_was_refused(case: Case) -> None:
    """A service that was made, and whose first image was replaced by another."""
    found = outcome(case.asked(), case.old(), History(), case.platform)

    assert (found.image, found.promoted) == (OLD, case.names[0])
    assert found.problems
