"""Published starts and idle times: each has a source and a month, and ascends."""

import re

import pytest

from platforms import NAMES, FactError, starts


@pytest.mark.parametrize("platform", NAMES)
def test_every_figure_names_its_source_and_month(platform: str) -> None:
    for figure in (starts.start(platform), starts.idle(platform)):
        assert figure.source.startswith(("https://", "measured: "))
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", figure.read)
        assert figure.note


@pytest.mark.parametrize("platform", NAMES)
def test_figures_ascend(platform: str) -> None:
    shares, seconds = zip(*starts.start(platform).quantiles, strict=True)

    assert list(shares) == sorted(shares)
    assert list(seconds) == sorted(seconds)
    assert 0 < starts.start(platform).supported <= 1
    assert list(starts.idle(platform).seconds) == sorted(starts.idle(platform).seconds)


def test_an_unknown_platform_has_none() -> None:
    with pytest.raises(FactError, match=r"azure: platforms/starts.toml has nothing about it"):
        starts.start("azure")
