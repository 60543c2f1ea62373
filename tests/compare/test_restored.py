"""Cold starts that were restored from a snapshot are told apart in a report."""

from dataclasses import replace

from compare.report import words
from compare.report.figures import series
from compare.report.findings import findings
from runs.sample import Sample
from tests.compare.simulated import sample


def cold(number: int, *, restored: bool) -> Sample:
    """A proven cold start after idling."""
    warm = sample("aws", "fresh", number, number, 100.0)
    return replace(warm, kind="cold", how="idle", instance=f"i{number}", restored=restored)


def test_the_table_says_how_many_were_restored() -> None:
    some = [cold(number, restored=number < 2) for number in range(6)]

    assert words.counted(series(some)) == "n=6, 2 restored"
    assert words.counted(series([replace(one, restored=True) for one in some])) == "n=6, restored"
    assert words.counted(series([replace(one, restored=False) for one in some])) == "n=6"
    assert (
        words.counted(series([replace(one, restored=True, how="burst") for one in some]))
        == "n=6, in bursts, restored"
    )


def test_a_figure_of_both_kinds_is_told() -> None:
    both = [cold(number, restored=number < 2) for number in range(6)]

    assert [finding.text for finding in findings({"aws": both})] == [
        (
            "aws: 2 of 6 cold starts were restored from a snapshot and the others were not; their figure is of both. "
            "Two releases answered, or Lambda had no snapshot for a while"
        )
    ]
    assert findings({"aws": [one for one in both if one.restored]}) == []
