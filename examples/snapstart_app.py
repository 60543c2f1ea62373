"""What an app does about Lambda's SnapStart, so that no two instances share what has to be one's own."""

import random
import uuid

from flask import Flask
from snapshot_restore_py import register_after_restore, register_before_snapshot

app = Flask(__name__)
dice = random.Random()  # noqa: S311 - it guards nothing
state: dict[str, object] = {}


@register_before_snapshot
def warm_up() -> None:
    """Do what need not wait for the first request; a snapshot has minutes, and no caller waits."""
    app.test_client().get("/roll")


@register_after_restore
def begin() -> None:
    """Make what no two instances may share. All of these hooks together have ten seconds, while a caller waits."""
    dice.seed()
    state["worker"] = uuid.uuid4().hex


begin()  # for a start without a snapshot


@app.get("/roll")
def roll() -> dict[str, object]:
    return {"rolled": dice.randint(1, 1_000_000_000), "worker": state["worker"]}
