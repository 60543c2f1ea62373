"""`python -m local aws --snapstart`: instances of one snapshot, hooks, and what fails, as AWS has it."""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from local.aws.function import Function
from local.aws.results import FAILED
from local.aws.snapshot import Restored
from local.instances.pool import StartError
from local.instances.process import Reaper
from local.log import Log
from local.settings import Settings, SettingsError, behaviour
from runs.sample import identity
from tests.local.conftest import Emulate, Got, Running, command, is_gone, until

APP = "tests.local.snapshots:app"


@pytest.fixture
def aws(emulate: Emulate) -> Running:
    """A function whose instances go as soon as they are idle."""
    return emulate("aws", snapstart=True, idle_seconds=0, app=APP)


def test_fifty_instances_of_one_snapshot_are_all_distinct_but_for_what_the_import_made(aws: Running) -> None:
    """`random` was seeded by the app, and what the app made for itself is the same in all.

    Each proves its cold start as `compare` asks for it: its age is below the wait. So each counts from a restore of
    its own, which was between this request and its answer.
    """
    answers = list[Got]()
    for _ in range(50):
        began = time.monotonic()
        answers.append(aws.ask("/"))
        waited_ms = (time.monotonic() - began) * 1000
        proof = identity(answers[-1].headers)
        assert (proof.cold(waited_ms), proof.restored) == (True, True), (proof, waited_ms)

    assert {answer.status for answer in answers} == {200}
    assert len({answer.instance for answer in answers}) == 50
    assert {answer.number for answer in answers} == {1}
    assert {answer.headers["x-instance-start"] for answer in answers} == {"restored"}
    for different in ("random", "system", "pid"):
        assert len({answer.json[different] for answer in answers}) == 50, different
    for same in ("shared", "own"):
        assert len({answer.json[same] for answer in answers}) == 1, same
    assert aws.log().count("version 1 published") == 1


def test_without_the_doors_hook_a_fork_has_the_random_numbers_of_the_others(emulate: Emulate) -> None:
    """Python reseeds `random` in a fork, which no restore does, so that fault would stay hidden on a laptop."""
    aws = emulate("aws", snapstart=True, idle_seconds=0, app="tests.local.snapshots:unseeded()")

    assert len({aws.ask("/").json["random"] for _ in range(3)}) == 1


def test_a_restored_instance_serves_and_is_frozen_as_any_other(emulate: Emulate) -> None:
    aws = emulate("aws", snapstart=True, app=APP)

    first, second = aws.ask("/"), aws.ask("/")

    assert (first.instance, first.number, second.number) == (second.instance, 1, 2)
    state = Path(f"/proc/{first.json['pid']}/stat")
    until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", "the instance is stopped")


def test_hooks_run_in_the_order_of_awss_client_and_each_instance_runs_those_after(emulate: Emulate) -> None:
    aws = emulate("aws", snapstart=True, idle_seconds=0, app="tests.local.snapshots:hooked()")
    expected = ["before second", "before first", "after first", "after second"]

    assert [aws.ask("/").json["hooks"] for _ in range(2)] == [expected, expected]


def test_the_environment_is_that_of_a_published_version_without_a_trace_of_the_emulation(
    aws: Running,
) -> None:
    seen: dict[str, str] = aws.ask("/").json["environment"]

    assert seen["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "1"
    assert not [name for name in seen if "SNAPSTART" in name]
    assert "restoring" not in seen.get("PYTHONPATH", "")


def test_a_connection_that_was_opened_before_the_snapshot_is_dead_in_each_instance(emulate: Emulate) -> None:
    """So an app that keeps one fails here as it does on AWS, in place of two instances that speak on one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = f"127.0.0.1:{server.getsockname()[1]}"
        aws = emulate(
            "aws",
            snapstart=True,
            idle_seconds=0,
            app="tests.local.snapshots:connected()",
            environment={"PEER": peer},
        )

        assert {aws.ask("/").json["sent"] for _ in range(2)} <= {"BrokenPipeError", "closed"}


def test_a_socket_for_datagrams_lives_on_and_each_instance_gets_its_own_answers(emulate: Emulate) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(60)
        peer = f"127.0.0.1:{server.getsockname()[1]}"
        aws = emulate(
            "aws", snapstart=True, app="tests.local.snapshots:datagrams()", environment={"PEER": peer}
        )
        waiting = [aws.begin("/") for _ in range(2)]
        senders = [server.recvfrom(5)[1] for _ in waiting]
        for number, sender in enumerate(senders):
            server.sendto(b"%d" % number, sender)

        assert {request.result().json["sent"] for request in waiting} == {"0", "1"}


def test_a_failing_hook_before_the_snapshot_is_a_version_that_cannot_be_published(processes: None) -> None:
    with command(
        "local", "aws", "--port=0", "--snapstart", "--app=tests.local.snapshots:fails_before()"
    ) as process:
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (2, "")
    assert "no snapshot of this" in err
    last = err.strip().splitlines()[-1]
    assert last.startswith("local: publishing a version with SnapStart failed: Runtime.BeforeSnapshotError ")


def test_an_init_that_fails_is_told_in_the_same_way(processes: None) -> None:
    with command("local", "aws", "--port=0", "--snapstart", "--app=tests.local.apps:broken()") as process:
        _, err = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "publishing a version with SnapStart failed: " in err.strip().splitlines()[-1]
    assert "the app cannot start" in err


def test_a_failing_hook_after_a_restore_fails_the_invocation_and_the_next_one_is_restored_anew(
    emulate: Emulate, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    aws = emulate(
        "aws", snapstart=True, app="tests.local.snapshots:fails_after()", environment={"MARK": str(mark)}
    )

    failed = aws.ask("/")
    mark.unlink()
    restored = aws.ask("/")

    assert (failed.status, failed.body) == (FAILED.status, FAILED.body)
    assert restored.status == 200
    assert "the restore failed: Runtime.AfterRestoreError" in aws.log()
    assert "cannot be restored" in aws.log()


def test_a_restore_has_ten_seconds_with_its_hooks(processes: None, tmp_path: Path) -> None:
    """Here less, so that nobody waits."""
    mark = tmp_path / "mark"
    mark.touch()

    async def late() -> None:
        settings = Settings(
            snapstart=True, app="tests.local.snapshots:slow_after()", environment={"MARK": str(mark)}
        )
        with (tmp_path / "log").open("w") as file:
            log, reaper = Log("aws", file), Reaper()
            await reaper.start()
            function = Function(settings, behaviour("aws", settings), log, reaper, restore_timeout=0.2)
            try:
                await function.begin()
                with pytest.raises(StartError, match=r"the restore failed: .* within 0\.2 s"):
                    await function.invoke(b"{}", "Root=1-0-0")
            finally:
                await function.close()
                await reaper.close()

    asyncio.run(late())


def test_an_instance_that_ends_is_told_and_the_next_request_is_restored(aws: Running) -> None:
    first = aws.ask("/end")

    assert (first.status, aws.ask("/").status) == (FAILED.status, 200)
    assert "instance 1 gone: exited with 7" in aws.log()


def test_a_version_whose_process_was_killed_is_published_anew(emulate: Emulate) -> None:
    aws = emulate("aws", snapstart=True, app=APP)
    instance = aws.ask("/").json["pid"]
    template = int(Path(f"/proc/{instance}/stat").read_text().rpartition(")")[2].split()[1])

    os.kill(template, signal.SIGKILL)
    until(lambda: is_gone(instance), "the instance goes with it")

    assert aws.ask("/").headers["x-instance-start"] == "restored"
    assert "it is published anew" in aws.log()


def test_an_end_that_is_cut_short_leaves_the_instance_to_be_ended() -> None:
    """As when the emulator ends while an idle instance goes: who waits for the instance's end must not undo it."""

    async def cut_short() -> Restored:
        instance = Restored(lambda _: None)
        ending = asyncio.ensure_future(instance.stop(0))
        await asyncio.sleep(0)
        ending.cancel()
        await asyncio.wait([ending])
        return instance

    assert not asyncio.run(cut_short()).exited.cancelled()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_emulator_ends(emulate: Emulate, sign: signal.Signals) -> None:
    aws = emulate("aws", snapstart=True, app=APP)
    instance = aws.ask("/").json["pid"]
    template = int(Path(f"/proc/{instance}/stat").read_text().rpartition(")")[2].split()[1])

    os.kill(aws.pid, sign)

    until(lambda: is_gone(instance) and is_gone(template), "both are gone")


def test_a_function_url_streams_from_restored_instances(emulate: Emulate) -> None:
    aws = emulate("aws", snapstart=True, door="function-url", app=APP)

    assert aws.ask("/").headers["x-instance-start"] == "restored"


def test_each_instance_has_an_event_loop_of_its_own(emulate: Emulate) -> None:
    """A fork shares what wakes a loop up: one instance would take the other's, which would wait for ever."""
    aws = emulate("aws", snapstart=True, app="tests.local.snapshots_asgi:app")

    answers = [request.result() for request in [aws.begin("/") for _ in range(24)]]

    assert {answer.status for answer in answers} == {200}
    assert len({answer.instance for answer in answers}) == len({answer.body for answer in answers}) > 1


def test_an_app_that_patches_pythons_modules_is_restored_all_the_same(emulate: Emulate) -> None:
    """As gevent does: what it takes from select and puts into os is not for who makes the instances."""
    aws = emulate("aws", snapstart=True, idle_seconds=0, app="tests.local.snapshots:patched()")

    assert [aws.ask("/").status for _ in range(2)] == [200, 200]


def test_threads_that_no_fork_has_are_named(emulate: Emulate) -> None:
    aws = emulate("aws", snapstart=True, app="tests.local.snapshots_asgi:threaded")

    assert (
        "threads of the start (asyncio_0) are dead in each instance here; on Lambda they go on" in aws.log()
    )


def test_what_the_snapshots_process_prints_is_apart_from_its_instances_lines(aws: Running) -> None:
    aws.ask("/end")

    assert "aws snapshot | " not in aws.log()


@pytest.mark.parametrize("platform", ["gcp", "apprunner", "ecs"])
def test_other_platforms_restore_nothing(platform: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"^--snapstart belongs to aws; {platform} restores no instances$"
    ):
        behaviour(platform, Settings(snapstart=True))
