"""The table of verdicts is of what reports do."""

import numpy as np
import pytest

from compare.report.pairing import paired_ratio
from tests.compare import bound, lines
from tests.compare.settings import LINES, TAILS, Line
from tests.compare.simulated import of_one_instance


def test_the_bound_is_that_of_a_test_which_errs_as_often_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing ever drifts, it finds 15% in nearly every run; if routes change, in fewer."""
    monkeypatch.setattr(bound, "RUNS", 300)
    monkeypatch.setattr(bound, "DRAWS", 300)
    monkeypatch.setattr(bound, "STEPS", 100)
    steady, found = bound.bound(1, ["none"])
    of_both, found_too = bound.bound(1, ["route", "none"])

    assert steady["none"] <= 0.06
    assert max(of_both.values()) <= 0.06
    assert found[0.15] > 0.99
    assert found_too[0.15] < found[0.15]


OF_ONE = [line for line in (LINES[0], LINES[6], TAILS[0], TAILS[5], TAILS[9]) if line.instances == 1]


@pytest.mark.parametrize("line", OF_ONE, ids=lambda line: f"{line.name}, {line.p}")
def test_a_ratio_of_the_table_is_that_of_a_report(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same estimate and error from the same times, or none for both."""
    monkeypatch.setattr("compare.ratios.REPLICATES", 100)
    random = np.random.default_rng(71)
    for _ in range(3):
        _, (base, other, _) = lines.drawn(line, random)

        drawn = lines.pair(line, base, other)
        reported, why = paired_ratio(of_one_instance("a", base), of_one_instance("b", other), line.p)

        if drawn is None:
            assert reported is None, why
        else:
            assert reported, why
            assert drawn.log == pytest.approx(reported.log)
            assert drawn.interval() == pytest.approx(reported.interval())
