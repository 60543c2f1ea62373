"""Measurements in turn: each subject in every round, ratios against the first in the same round."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.paired import Sample, measure, report
from benchmarks.process import lambda_start


def test_every_round_asks_each_subject_once_in_an_order_of_its_own() -> None:
    asked: list[str] = []

    def subject(name: str) -> Sample:
        asked.append(name)
        return {"ms": len(asked)}

    samples = measure({name: lambda name=name: subject(name) for name in "abc"}, rounds=60)

    unmeasured, *rounds = ("".join(asked[at : at + 3]) for at in range(0, len(asked), 3))
    assert unmeasured == "abc"
    assert len(rounds) == 60
    assert set(rounds) == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert [sample["ms"] for sample in samples["b"]] == [
        4 + 3 * number + order.index("b") for number, order in enumerate(rounds)
    ]


def test_a_report_shows_medians_and_the_ratios_of_each_round(capsys: pytest.CaptureFixture[str]) -> None:
    report(
        {"peer": [{"ms": 10.0}, {"ms": 20.0}, {"ms": 40.0}], "ours": [{"ms": 5.0}, {"ms": 8.0}, {"ms": 30.0}]}
    )

    assert capsys.readouterr().out == (
        "  peer  ms     20.0  1.000 [1.000 1.000]\n  ours  ms      8.0  0.500 [0.400 0.750]\n"
    )


@pytest.mark.process
def test_a_start_is_measured_until_the_answer_to_its_first_event(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = Path(__file__).parents[2]
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(root)}
    monkeypatch.setattr("benchmarks.tree.environment", lambda variables: {**environment, **variables})
    monkeypatch.setattr("benchmarks.tree.CACHE", tmp_path)
    (tmp_path / "srv").mkdir()
    command = ["python3", "-m", "awslambdaric", "benchmarks.peers.handler"]

    sample = lambda_start(command, {"PEER": "trivial"}, {}, "trivial")

    assert sample["wall ms"] > 0
    assert sample["CPU ms"] > 0
    with pytest.raises(RuntimeError, match="trivial"):
        lambda_start(command, {"PEER": "trivial"}, {}, "something else")


@pytest.mark.process
def test_a_name_that_is_none_is_refused_with_those_that_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("there is no benchmark speed\nusage: python -m benchmarks [NAME...]\n")
