"""Turns one initialised process into separate instances: the work before AWS's SnapStart snapshots it, and after.

All that the start made is the same in every instance that is restored from the snapshot, and AWS's client runs hooks:
docs.aws.amazon.com/lambda/latest/dg/, the pages snapstart-uniqueness.html and snapstart-runtime-hooks-python.html.
"""

import gc
import importlib
import os
import sys
from typing import Any

from . import instance, lambda_json, start

# Modules that are imported within a function when a first request, answer, log line or error needs them, which a
# restored instance would wait for.
LATE = ("encodings.idna", "encodings.latin_1", "encodings.unicode_escape", "random", lambda_json.AWSS)


def register() -> None:
    """Have AWS's client call both hooks. To be called before the app is loaded.

    Then they are the last hooks before the snapshot, after the app's own. They are the first after a restore, so that
    the app's own find a random generator and secrets to trust.
    """
    from snapshot_restore_py import (  # noqa: PLC0415 - without snapshots nobody pays for it
        register_after_restore,
        register_before_snapshot,
    )

    register_before_snapshot(prepare)
    register_after_restore(renew)


def prepare() -> None:
    """Before the snapshot: load all that requests need, and keep the collector from looking at it.

    Likewise before the first event of a provisioned instance, because no caller waits for its start.
    """
    start.load_deferred()
    for name in LATE:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def renew() -> None:
    """After a restore: an instance of its own, with another id, age and random numbers, and with present secrets."""
    instance.restored()
    reseed()
    if os.environ.get("SECRETS_FROM"):
        from . import secrets  # noqa: PLC0415 - loaded before the snapshot, if it is needed

        secrets.fetch_again()


def reseed() -> None:
    """Seed the random generators that the process shares with other instances anew, from the system's generator.

    The system's own generator, os.urandom, differs in each instance. OpenSSL's does not: it has a state in the
    process, and notices a fork but not a restore.
    """
    loaded: Any = sys.modules.get
    loaded("random").seed()
    if (tempfile := loaded("tempfile")) and "_name_sequence" in vars(tempfile):
        vars(tempfile)["_name_sequence"] = None  # so the next name begins another
    if openssl := loaded("_ssl"):
        openssl.RAND_add(os.urandom(48), 48.0)
    if numpy := loaded("numpy.random"):
        numpy.seed()
