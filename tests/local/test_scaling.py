"""The activator: what it decides, on a clock of the test's own."""

from typing import Any

import pytest

from local.scaling import UNLIMITED, Activator, Assign, Fail, Policy, Refuse, Start, Stop

LAMBDA = Policy(concurrency=1, minimum=0, maximum=2, idle_seconds=10)
CLOUD_RUN = Policy(concurrency=2, minimum=0, maximum=1, idle_seconds=10, wait_seconds=10, wait_startups=3.5)
APP_RUNNER = Policy(concurrency=2, minimum=1, maximum=2, idle_seconds=10)
PROVISIONED = Policy(concurrency=1, minimum=1, maximum=2, idle_seconds=10, provisioned=True)
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


def test_a_provisioned_instance_takes_requests_first_and_the_others_end_when_they_are_idle() -> None:
    """However long ago it was used, and however the others were: it is the one that is paid for anyway."""
    activator = Activator(PROVISIONED)

    assert activator.tick(0) == [Start(1, provisioned=True)]
    assert activator.ready(1, 1) == []
    assert activator.arrive("a", 2) == [Assign("a", 1)]
    assert activator.arrive("b", 2) == [Start(2)]
    assert activator.ready(2, 3) == [Assign("b", 2)]
    assert activator.done("a", 4) == []
    assert activator.done("b", 5) == []
    assert activator.arrive("c", 6) == [Assign("c", 1)]
    assert activator.done("c", 7) == []
    assert activator.tick(15) == [Stop(2)]
    assert activator.wakes_at(15) is None


def test_the_place_of_a_provisioned_instance_that_died_is_kept_for_the_next_one() -> None:
    activator = Activator(PROVISIONED)
    activator.tick(0)
    activator.ready(1, 1)
    activator.arrive("a", 2)
    activator.arrive("b", 2)
    activator.ready(2, 3)

    assert activator.lost(1, 4) == [Start(3, provisioned=True)]
    assert activator.failed(3, 5) == []
    assert activator.arrive("c", 5) == [Refuse("c")]
    assert activator.tick(6) == [Start(4, provisioned=True)]


def test_no_request_fails_with_a_provisioned_instance_that_does_not_start() -> None:
    activator = Activator(PROVISIONED)
    activator.tick(0)

    assert activator.arrive("a", 1) == []
    assert activator.failed(1, 2) == [Start(2)]
    assert activator.ready(2, 3) == [Assign("a", 2), Start(3, provisioned=True)]


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
