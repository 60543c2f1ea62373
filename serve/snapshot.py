"""One initialised process to instances of their own: what is done before AWS's SnapStart snapshots it, and after.

All that the start made is the same in every instance that is restored from the snapshot, and AWS's client runs hooks:
docs.aws.amazon.com/lambda/latest/dg/, the pages snapstart-uniqueness.html and snapstart-runtime-hooks-python.html.
"""

import gc
import importlib
import os
import sys
from typing import Any

from . import instance, start

# Modules of the standard library that Python imports within a function when a first request, answer or log line needs
# them, which a restored instance would wait for.
LATE = ("encodings.idna", "encodings.latin_1", "encodings.unicode_escape", "random")


def register() -> None:
    """Have AWS's client call both hooks. To be called before the app is loaded.

    Then they are the last before the snapshot, when the app's own have made what they make, and the first after a
    restore, so that the app's own find a random generator and secrets to trust.
    """
    from snapshot_restore_py import (  # noqa: PLC0415 - without snapshots nobody pays for it
        register_after_restore,
        register_before_snapshot,
    )

    register_before_snapshot(prepare)
    register_after_restore(renew)


def prepare() -> None:
    """Before the snapshot: have all in memory that requests need, where the collector never looks at it."""
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
    """Give the generators that the process shares with other instances numbers of their own, from the system's.

    The system's own generator, os.urandom, is another one in each instance. OpenSSL's is not: it has a state in the
    process, and takes notice of a fork but not of a restore.
    """
    loaded: Any = sys.modules.get
    loaded("random").seed()
    if openssl := loaded("_ssl"):
        openssl.RAND_add(os.urandom(48), 48.0)
    if numpy := loaded("numpy.random"):
        numpy.seed()
