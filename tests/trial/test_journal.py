"""A trial's record on disk: what is done is known whenever it ends, and no two trials of a stack go on at once."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import UserError
from trial import journal as journals
from trial.journal import FILE, Journal


def test_a_trial_that_has_not_ended_is_found_with_what_it_did(tmp_path: Path) -> None:
    """Of several the last; one that has ended, or of another stack, is left alone."""
    assert journals.unfinished(tmp_path, "aws") is None
    journal = journals.begun(tmp_path, "aws", access="public")
    journal.write("step", name="up", problems=["x"], facts={})
    journal.write("step", name="up", problems=[], facts={"outputs": {"url": "u"}})

    found = journals.unfinished(tmp_path, "aws")

    assert found is not None
    assert (found.head["access"], list(found.steps), found.steps["up"]["problems"]) == ("public", ["up"], [])
    assert (found.cleaning, found.ended) == (None, False)
    assert journals.unfinished(tmp_path, "aws-eu") is None
    assert journals.unfinished(tmp_path, "a") is None

    found.write("cleaning", why="all steps are done", status=0)
    found.write("end", status=0)
    assert journals.unfinished(tmp_path, "aws") is None


@given(st.data())
def test_a_record_that_was_cut_off_counts_as_not_written_and_spoils_no_later_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The machine may stop in the middle of a line."""
    journal = journals.begun(tmp_path_factory.mktemp("results"), "aws")
    journal.write("step", name="up", problems=[], facts={})
    journal.write("step", name="answers", problems=[], facts={})
    text = (journal.folder / FILE).read_bytes()
    lines = text.splitlines(keepends=True)
    cut = data.draw(st.integers(len(lines[0]), len(text)))
    (journal.folder / FILE).write_bytes(text[:cut])

    again = Journal(journal.folder)
    assert list(again.steps) in ([], ["up"], ["up", "answers"])
    again.write("step", name="compare", problems=[], facts={})

    assert list(Journal(journal.folder).steps) == [*again.steps]
    assert "compare" in Journal(journal.folder).steps


def test_a_second_trial_of_a_stack_is_refused_while_one_goes_on(tmp_path: Path) -> None:
    with (
        journals.alone(tmp_path, "aws"),
        journals.alone(tmp_path, "gcp"),
        pytest.raises(UserError, match="another trial of aws goes on, or the pulumi of one"),
        journals.alone(tmp_path, "aws"),
    ):
        pass
    with journals.alone(tmp_path, "aws"):
        pass


def test_a_process_that_holds_the_lock_keeps_it_after_its_trial_has_gone(tmp_path: Path) -> None:
    """A Pulumi that outlives a trial that was killed."""
    with journals.alone(tmp_path, "aws") as lock:
        held = os.dup(lock)
    try:
        with pytest.raises(UserError, match="wait for its end"), journals.alone(tmp_path, "aws"):
            pass
    finally:
        os.close(held)
    with journals.alone(tmp_path, "aws"):
        pass


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(UserError, match="choose a folder with --results"),
        journals.alone(tmp_path / "file", "aws"),
    ):
        pass
    with pytest.raises(UserError, match="choose a folder with --results"):
        journals.begun(tmp_path / "file", "aws")
