"""A whole trial on the real engine with the fake cloud, and every way in which it may end early."""

import json
import os
import signal
import zipfile
from pathlib import Path

import pytest

import platforms
from tests.stacks.cloud import ACCOUNT, Cloud, Hold
from tests.stacks.lambda_cloud import FUNCTION
from tests.trial.conftest import Place
from trial.bound import REQUESTS

CONFIG = {"gcp": ("--config", "gcp:project=secret-project")}
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def bundle(folder: Path) -> dict[str, str]:
    """The files of a trial's bundle."""
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_a_trial_goes_from_up_to_what_is_left(platform: str, place: Place, cloud: Cloud) -> None:
    """Every step is fine, nothing is left, and the bundle has all of it without an account number."""
    done = place.trial(platform, *CONFIG.get(platform, ()), PULUMI_CONFIG_PASSPHRASE="correct horse")

    assert done.status == 0, done.text
    assert "It costs at most $" in done.text
    assert (cloud.resources, cloud.images) == ({}, {})
    assert place.stacks() == []
    assert not (place.stack.folder / f"Pulumi.trial-{platform}.yaml").exists()
    assert 20 < len(place.front.asked) <= REQUESTS

    files = bundle(place.folder(platform))
    steps = {of["name"]: of for of in json.loads(files["trial.json"]) if of["record"] == "step"}
    names = ["up", "answers", "compare", "unchanged", "number", "canary", "back", "destroy", "left", "remove"]
    assert list(steps) == names
    assert [of["problems"] for of in steps.values()] == [[]] * len(names)
    assert steps["left"]["facts"]["asked_for"] > 5
    if platform in ("aws", "gcp"):
        assert sorted(steps["canary"]["facts"]["outputs"]["traffic"].values()) == [10, 90]
        assert list(steps["back"]["facts"]["outputs"]["traffic"].values()) == [100]
    whole = "\n".join(files.values())
    for private in (ACCOUNT, "secret-project", "correct horse", str(Path.home())):
        assert private not in whole
    assert len([name for name in files if name.startswith("logs/")]) >= 7
    assert [name for name in files if name.startswith("compare/")]


def test_a_trial_has_the_settings_of_its_stack_and_leaves_that_alone(place: Place, cloud: Cloud) -> None:
    """Its own host name and its shares of traffic are left out, and its secrets reach no bundle."""
    place.stack("stack", "init", "prod")
    place.stack.set(platform="aws", aws__region="us-east-1", memory=1024, pin="9")
    place.stack.set(domain="api.example.com", dnsZone="example.com")
    place.stack("config", "set", "--secret", "--path", "secretValues.TOKEN", "tr0ub4dor&3")
    place.stack("config", "set", "--path", "environment.GREETING", "hello to you all")

    done = place.trial("prod")

    assert done.status == 0, done.text
    assert "those of prod, but for domain, dnsZone, pin. Where: aws in us-east-1" in done.text
    files = bundle(place.folder("prod"))
    whole = "\n".join(files.values())
    assert "tr0ub4dor" not in whole
    assert "hello to you all" not in whole
    head = json.loads(files["trial.json"])[0]
    assert (head["memory"], head["other_memory"]) == (1024, 1025)
    assert place.stacks() == ["prod"]
    assert json.loads(place.stack("config", "--json"))["scale-to-zero:pin"]["value"] == "9"


def test_ctrl_c_takes_everything_away(place: Place, cloud: Cloud) -> None:
    """In the middle of an `up`, which Pulumi ends in order; the bundle is there, and the exit status is Ctrl-C's."""
    hold = cloud.held[FUNCTION] = Hold(after=True)
    process = place.started("aws")
    assert hold.reached.wait(180)
    process.send_signal(signal.SIGINT)
    hold.go.set()
    printed = process.communicate(timeout=300)[0]

    assert process.returncode == 130, printed
    assert "The steps end here: it was interrupted." in printed
    assert (cloud.resources, cloud.images, place.stacks()) == ({}, {}, [])
    assert "interrupted" in bundle(place.folder("aws"))["trial.json"]


def test_a_trial_that_was_killed_goes_on(place: Place, cloud: Cloud) -> None:
    """With its Pulumi, in the middle of a change: the next one does what is left, from that step on."""
    hold = cloud.held[FUNCTION] = Hold()
    hold.go.set()  # the creation goes on
    process = place.started("aws")
    assert hold.reached.wait(180)
    change = cloud.held[FUNCTION] = Hold(after=True)
    assert change.reached.wait(300)
    folder = place.folder("aws")
    process.kill()
    busy = place.trial("aws")
    assert "another trial of aws goes on, or the pulumi of one that was ended does" in busy.text
    assert busy.status == 1
    kill_everything_of(place)
    change.go.set()
    process.communicate(timeout=60)

    done = place.trial("aws")

    assert done.status == 0, done.text
    assert "done are: up, answers, compare, unchanged" in done.text
    assert (cloud.resources, cloud.images, place.stacks()) == ({}, {}, [])
    assert place.folder("aws") == folder


def kill_everything_of(place: Place) -> None:
    """Kill every process that works in the copied project: Pulumi, its language host and the program."""
    # One that was killed may just have started another.
    while any(_killed(entry, place.stack.folder) for entry in Path("/proc").glob("[0-9]*")):
        pass


def _killed(entry: Path, folder: Path) -> bool:
    try:
        if (entry / "cwd").readlink() == folder:
            os.kill(int(entry.name), signal.SIGKILL)
            return True
    except OSError:
        pass  # gone meanwhile, or somebody else's
    return False


def test_a_refused_update_ends_the_steps_and_everything_is_taken_away(place: Place, cloud: Cloud) -> None:
    """The problem is in the bundle, and the exit status is 1."""
    place.front.broken = True  # and the service answers with 500
    hold = cloud.held[FUNCTION] = Hold(after=True)
    process = place.started("aws", "--wait", "2s")
    assert hold.reached.wait(180)
    cloud.refuse_next[FUNCTION] = f"TooManyRequestsException: account {ACCOUNT} is at its limit"
    hold.go.set()
    printed = process.communicate(timeout=900)[0]

    assert process.returncode == 1, printed
    assert (cloud.resources, cloud.images, place.stacks()) == ({}, {}, [])
    told = bundle(place.folder("aws"))["trial.json"]
    assert "TooManyRequestsException: account [ACCOUNT] is at its limit" in told
    assert "the answer has status 500, not 200" in told


def test_what_a_destroy_leaves_is_found_and_taken_away(place: Place, cloud: Cloud) -> None:
    """A deletion that the cloud says to have made and has not."""
    cloud.staying.add(LOG_GROUP)

    done = place.trial("aws")

    assert done.status == 1, done.text
    assert f"PROBLEM: {LOG_GROUP} scale-to-zero-trial-a-" in done.text
    assert "was left after the destroy; it is gone now" in done.text
    assert (cloud.resources, cloud.images, place.stacks()) == ({}, {}, [])
