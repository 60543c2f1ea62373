"""What an unchanged `up` registers: the same resources with the same inputs, for whatever settings."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from tests.soak import drawn
from tests.stacks.cloud import IMAGE
from tests.stacks.graph import Graph, run, service
from tests.stacks.strategies import valid_settings

NUMBERED = re.compile(r"-[0-9a-f]{7}\b")
FEW = settings(settings.get_profile("stacks"), max_examples=drawn(3))


def registered(graph: Graph) -> dict[tuple[str, str], str]:
    """The inputs of each resource as text, without what the fake cloud numbers in the order of its requests.

    The registry's password differs in each `up`, and is no change.
    """
    inputs = {
        (node.type, node.name): {
            key: value for key, value in node.inputs.items() if (node.type, key) != (IMAGE, "registries")
        }
        for node in graph.nodes
    }
    return {key: NUMBERED.sub("-ID", json.dumps(values)) for key, values in inputs.items()}


@pytest.mark.parametrize("platform", platforms.NAMES)
@FEW
@given(st.data())
def test_nothing_that_a_stack_registers_differs_from_one_up_to_the_next(
    platform: str, data: st.DataObject
) -> None:
    """No time, no random name and no order of a set is in it."""
    chosen = data.draw(valid_settings(platform))

    first, second = (run(service(platform, **chosen)) for _ in range(2))

    assert registered(first) == registered(second)
