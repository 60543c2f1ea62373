"""Calls a function for many items in as many threads as there are processors: machine code runs beside Python."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def mapped(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> list[Result]:
    """function(item) of each, in their order; the first error of these ends the others, and is raised.

    threads: as many as this process may use processors if it is None.
    """
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)) if threads is None else threads) as pool:
        return list(pool.map(function, items))
