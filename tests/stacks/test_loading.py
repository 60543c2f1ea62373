"""What a program loads before it makes a resource."""

import subprocess
import sys

import pytest

from platforms import NAMES
from tests.stacks.engine import ROOT


@pytest.mark.process
def test_no_part_of_a_clouds_sdk_is_loaded_before_a_resource_of_it_is_made() -> None:
    """The parts take two seconds, so annotations have their names in quotes."""
    code = (
        f"import sys, {', '.join(f'stacks.{name}' for name in NAMES)}\n"
        "print(*(name for name in sys.modules if name.startswith('pulumi_') and name.count('.') > 1 "
        "and not name.startswith(('pulumi_awsx.', 'pulumi_docker.', 'pulumi_docker_build.'))))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
