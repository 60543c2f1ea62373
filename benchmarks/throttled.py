"""Cold start of Lambda mode with 0.29 of a CPU, which is what a function with 512 MB has after its init phase."""

import os
from pathlib import Path

from benchmarks import tree
from benchmarks.paired import describe_machine, measure, report
from benchmarks.start import lambda_subjects

ROUNDS = 20
SHARE = 0.29
PERIOD_US = 100_000


def main() -> None:
    """Measure and print; if this machine cannot limit a process, say what is missing."""
    try:
        group = _limited_group()
    except OSError as error:
        print(f"  left out: a CPU limit needs root and control groups ({error})")
        return
    describe_machine()
    tree.prepare()
    home = Path("/proc/self/cgroup")
    before = _own_group(home)
    try:
        # Processes that are started inherit the group; this one waits for them, so it takes next to nothing.
        (group / "cgroup.procs").write_text(str(os.getpid()))
        report(measure(lambda_subjects("hello", every_peer=False), ROUNDS))
    finally:
        (before / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def _limited_group() -> Path:
    first = Path("/sys/fs/cgroup/cpu")
    if first.is_dir():
        group = first / f"benchmark-{os.getpid()}"
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(SHARE * PERIOD_US)))
        return group
    group = Path("/sys/fs/cgroup") / f"benchmark-{os.getpid()}"
    group.mkdir()
    try:
        (group / "cpu.max").write_text(f"{int(SHARE * PERIOD_US)} {PERIOD_US}")
    except OSError:
        group.rmdir()
        raise
    return group


def _own_group(file: Path) -> Path:
    """The group that this process is in, of the first version's CPU controller or of the second version."""
    for line in file.read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return Path(f"/sys/fs/cgroup/cpu{path}")
        if number == "0" and not Path("/sys/fs/cgroup/cpu").is_dir():
            return Path(f"/sys/fs/cgroup{path}")
    raise OSError("this process is in no control group of the CPU")
