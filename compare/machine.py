"""Describes this machine and its software for a report, as the place where its figures come from."""

import os
import platform
import re
from pathlib import Path

import pycurl


def described() -> dict[str, str]:
    """Operating system, processor and versions; nothing that names the machine or its user."""
    return {
        "machine": f"{platform.system()} {platform.release()}, {_processor()}, {os.cpu_count()} CPUs",
        "python": platform.python_version(),
        "probe": pycurl.version.split()[1].replace("/", " "),
    }


def _processor() -> str:
    try:
        names = re.findall(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
        )
    except OSError:
        names = []
    return names[0] if names else platform.machine()
