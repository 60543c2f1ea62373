"""A trial on the real engine that is killed at every step, or interrupted twice: the next one leaves nothing."""

import signal
import subprocess

import pytest

from tests.stacks.cloud import Cloud
from tests.trial.conftest import Place
from tests.trial.test_rehearsal import kill_everything_of

pytestmark = pytest.mark.soak
# The steps in their order, with what Pulumi prints in the middle of each; "": it is killed when the step begins.
MOMENTS = {
    "up": "",
    "answers": "",
    "compare": "",
    "unchanged": "",
    "number": "updating",
    "canary": "updating",
    "back": "updating",
    "destroy": "deleted",
    "left": "",
    "remove": "",
}


def until(process: subprocess.Popen[str], *words: str) -> str:
    """Read what a trial prints until a line with the first words, and after that one with the next, and so on."""
    assert process.stdout is not None
    printed, waiting = "", [*words]
    for line in process.stdout:
        printed += line
        if waiting[0] in line:
            waiting.pop(0)
        if not waiting:
            return printed
    raise AssertionError(f"it ended before {waiting[0]!r}: {printed}")


def test_a_trial_that_is_killed_at_every_step_goes_on_each_time(place: Place, cloud: Cloud) -> None:
    """With its Pulumi, once in each step: no step that was done is done again, and nothing is left in the end."""
    for number, (step, moment) in enumerate(MOMENTS.items()):
        process = place.started("aws")
        printed = until(process, f"{step}: ", *([moment] if moment else []))
        kill_everything_of(place)
        process.communicate(timeout=60)
        for file in place.stack.home.rglob("*.attrs"):
            if not file.stat().st_size:
                file.unlink()  # Pulumi was killed while it wrote it; docs/deploying.md says what helps
        done = ", ".join([*MOMENTS][: max(0, number - 1)]) or "nothing"
        assert (f"; done are: {done}. " in printed) == (number > 0), printed

    last = place.trial("aws")

    assert last.status == 0, last.text
    assert (cloud.resources, cloud.images, place.stacks()) == ({}, {}, [])
    assert not (place.stack.folder / "Pulumi.trial-aws.yaml").exists()


def test_ctrl_c_in_a_step_and_another_while_everything_is_taken_away(place: Place, cloud: Cloud) -> None:
    """Both end Pulumi in order; the next trial takes away what is left."""
    process = place.started("aws")
    until(process, "number: ", "Function scale-to-zero-trial-a")
    process.send_signal(signal.SIGINT)
    until(process, "destroy: ", "deleted")
    process.send_signal(signal.SIGINT)
    printed = process.communicate(timeout=300)[0]
    assert process.returncode == 130, printed
    assert "before everything was taken away; `make trial STACK=aws` takes it away" in printed
    assert "Traceback" not in printed

    last = place.trial("aws")

    assert last.status == 130, last.text
    assert (cloud.resources, cloud.images, place.stacks()) == ({}, {}, [])
