"""The stack that a trial deploys: one of its own, with the settings of the stack that it tries."""

import json
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import platforms
from commandline import UserError
from platforms import sold
from stacks import settings
from stacks.settings import Service
from trial.engine import PROJECT, Done, Pulumi

# What belongs to the stack that is tried and to no other: its host name, its mails, its shares of the traffic.
LEFT_OUT = (
    *("domain", "dnsZone", "domainReady", "alarmEmail", "budget", "billingAccount"),
    *("canaryPercent", "pin"),
)
# The trial's own variable: the app does not look at it, and a change of it makes a release.
VARIABLE = "TRIAL_RELEASE"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,90}")


def own_name(stack: str) -> str:
    """The name of the trial's own stack. UserError if `stack` is none of this project's."""
    if not _NAME.fullmatch(stack):
        raise UserError(
            f"the stack is {stack!r}; name one of this project's, or a platform: make trial STACK=aws"
        )
    return f"trial-{stack}"


def other_memory(service: Service) -> int:
    """Another memory size that is sold with the same CPU, in MB: the next larger one, or else the next smaller."""
    cpu = None if service.cpu is None else Decimal(str(service.cpu))
    sizes = sold.memories(service.platform, cpu)
    larger = [size for size in sizes if size > service.memory]
    smaller = [size for size in sizes if size < service.memory]
    return (larger or smaller[-1:] or [service.memory])[0]


def make(pulumi: Pulumi, stack: str, config: Mapping[str, str]) -> list[str]:
    """Make the trial's stack; returns the keys of `stack` that it was not given. UserError if that cannot be done.

    config: more settings by key, as `pulumi up --config` takes them.
    """
    known = {
        of["name"].rpartition("/")[2]: of.get("resourceCount") for of in pulumi.ask("stack", "ls", "--json")
    }
    if pulumi.stack in known and not known[pulumi.stack]:
        remove(pulumi)
    elif pulumi.stack in known:
        raise UserError(
            f"the stack {pulumi.stack} is there already, and no record of its trial below the results; "
            "ARGS=--clean-up takes it away"
        )
    file = PROJECT / f"Pulumi.{stack}.yaml"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    keeper = re.search(r"^secretsprovider: *(\S+)", text, re.MULTILINE)
    options = ["--no-select", *(["--secrets-provider", keeper[1]] if keeper else [])]
    if stack in known:
        pulumi.do("stack", "init", pulumi.stack, "--copy-config-from", stack, *options)
    elif re.search(r"^encryptionsalt:|\bsecure:", text, re.MULTILINE):
        raise UserError(
            f"{file.name} has encrypted settings, and where `pulumi whoami` is logged in there is no stack {stack}"
        )
    elif text or stack in platforms.NAMES:
        (PROJECT / f"Pulumi.{pulumi.stack}.yaml").write_text(text or "config: {}\n", encoding="utf-8")
        pulumi.do("stack", "init", pulumi.stack, *options)
    else:
        raise UserError(
            f"there is no stack {stack}; `pulumi stack ls` lists them, and a platform's name will do"
        )
    return _adjusted(pulumi, stack, config)


def _adjusted(pulumi: Pulumi, stack: str, config: Mapping[str, str]) -> list[str]:
    """Leave out what is another stack's, say the platform, and set `config`."""
    before = _values(_shown(pulumi))
    left_out = [key for key in LEFT_OUT if before.get(key, "") not in _NOTHING[key]]
    for key in left_out:
        pulumi.do("config", "rm", key, "--stack", pulumi.stack)
    chosen = {"platform": before.get("platform") or stack, **config}
    if chosen["platform"] not in platforms.NAMES:
        raise UserError(
            f"the stack {stack} names no platform; --config platform=aws does, or one of {', '.join(platforms.NAMES)}"
        )
    pairs = [f"--plaintext={key}={value}" for key, value in chosen.items()]
    pulumi.do("config", "set-all", *pairs, "--stack", pulumi.stack)
    return left_out


# The engine copies these from Pulumi.yaml into every stack, so they say nothing.
_NOTHING = dict.fromkeys(LEFT_OUT, ("", "0", "false")) | {"canaryPercent": ("", "100")}


def remove(pulumi: Pulumi) -> Done:
    """Take away the record of the trial's stack and its file; the stack that the user has selected stays selected.

    After a removal Pulumi selects none, whichever stack was removed. Nothing is wrong if the record is gone already,
    because an earlier trial was killed just then.
    """
    listed = pulumi.ask("stack", "ls", "--json")
    if pulumi.stack not in {of["name"].rpartition("/")[2] for of in listed}:
        (PROJECT / f"Pulumi.{pulumi.stack}.yaml").unlink(missing_ok=True)
        return Done(0, 0.0, "")
    selected = [of["name"] for of in listed if of.get("current")]
    done = pulumi.do("stack", "rm", "--yes", pulumi.stack, may_fail=True)
    if not done.status and selected and selected[0].rpartition("/")[2] != pulumi.stack:
        pulumi.do("stack", "select", selected[0], may_fail=True)
    return done


def read(pulumi: Pulumi) -> Service:
    """What the trial's stack describes. UserError with every setting that needs a change."""
    project, shown = _project(), _shown(pulumi, "--show-secrets")
    config = {key: str(entry.get("value") or "") for key, entry in shown.items()}
    try:
        return settings.read(config, project, pulumi.stack, os.environ)
    except settings.ConfigError as problem:
        raise UserError(str(problem)) from None


def own_values(pulumi: Pulumi) -> dict[str, str]:
    """The values of the app's variables and secrets, by name: what no bundle may hold."""
    shown = _values(_shown(pulumi, "--show-secrets"))
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for key in ("environment", "secrets", "secretValues")
        for name, value in json.loads(shown.get(key) or "{}").items()
        if name != VARIABLE
    }


def _shown(pulumi: Pulumi, *options: str) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = pulumi.ask("config", "--json", "--stack", pulumi.stack, *options)
    return shown


def _values(shown: Mapping[str, Any]) -> dict[str, str]:
    """The project's own settings by their short names, maps as JSON; secrets without a value."""
    return {key.rpartition(":")[2]: str(entry.get("value") or "") for key, entry in shown.items()}


def _project() -> str:
    """The project's name, which `pulumi new` changes."""
    match = re.search(r"^name: *(\S+)", (PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else ""
