"""What a shorter wait would cost on one platform, in a sentence, if a key of its stack buys it."""

from dataclasses import fields, replace

from cost import words
from cost.candidates import Question
from cost.front.choose import cents, front, usable, wait_of
from cost.front.lines import config
from cost.front.search import FEW, Point, search
from cost.front.times import candidates
from cost.front.words import wait, waits
from cost.simulation.arrivals import Arrivals
from cost.simulation.timing import Measurements
from platforms import sold
from platforms.prices import Prices

KEYS = {"snapstart": "snapStart", "minimum": "minInstances"}
"""Question's fields that are varied, and the keys of a stack that make them: the others change what was asked."""
WAITS = ("p95", "starts")
WORTH = 0.8
"""A wait is worth a sentence if it is at most so much of today's."""


def sentence(
    question: Question,
    platform: str,
    arrivals: Arrivals,
    prices: Prices,
    measurements: Measurements | None = None,
    *,
    seed: int = 0,
) -> str:
    """The cheapest way to a shorter wait than the question's own deployment has; "" if there is none."""
    deployed = question.setup(platform, prices, ready=False)
    cpu = deployed.vcpu if sold.cpus(platform) else None
    asked = replace(question, platforms=(platform,), memory_mb=deployed.memory_mb, vcpu=cpu)
    chosen = {field.name for field in fields(Question)} - KEYS.keys()
    every, _ = candidates(asked, prices, measurements, chosen=chosen, least_mb=1)
    rough_points = search(arrivals, every, prices, WAITS[0], seed=seed, budget=FEW)
    for by in WAITS:
        points = usable(rough_points, by)
        plain = [point for point in points if _same(point, deployed.snapstart, deployed.minimum)]
        shorter = [
            point
            for point in front(points, by)
            if plain
            and wait_of(point, by) < wait_of(plain[0], by) * WORTH
            and cents(point) >= cents(plain[0])
        ]
        if shorter:
            return _said(plain[0], shorter[0], by)
    return ""


def _same(point: Point, snapstart: bool, minimum: int) -> bool:  # noqa: FBT001 -- as the setup has it
    return (point.setup.snapstart, point.setup.minimum) == (snapstart, minimum)


def _said(plain: Point, better: Point, by: str) -> str:
    before, after = (config(point.setup, 1, 0.0) for point in (plain, better))
    typed = [
        f"pulumi config set {key} {after[key]}" for key in KEYS.values() if after.get(key) != before.get(key)
    ]
    more = better.dollars - plain.dollars
    price = "For the same bill" if cents(better) == cents(plain) else f"For {words.money(more)} a month more"
    return (
        f"{price}, {waits(by, wait_of(better, by))} (now {wait(by, wait_of(plain, by))}): {'; '.join(typed)}."
    )
