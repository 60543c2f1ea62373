"""The log: nothing that an instance prints is lost, in whatever pieces it comes."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st

from commandline import printable
from local.log import LONGEST_LINE, Log


@given(text=st.text(), cuts=st.sets(st.integers(0, 100)))
def test_output_arrives_line_by_line_under_its_name_however_it_is_cut(text: str, cuts: set[int]) -> None:
    stream = io.StringIO()
    feed = Log("aws", stream).output("7")
    data = text.encode()

    ends = [*sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        if begin < end:
            feed(data[begin:end])
    feed(b"")

    lines = text.split("\n")
    expected = lines if lines[-1] else lines[:-1]
    assert stream.getvalue() == "".join(
        f"aws 7 | {printable(line.removesuffix(chr(13)))}\n" for line in expected
    )


def test_what_an_instance_prints_does_nothing_to_the_terminal() -> None:
    stream = io.StringIO()
    log = Log("aws", stream)

    log.output("7")(b"\x1b[2J\x07done\x9b31m\r\n\tnext\n")
    log.event("function failed: \x1b]0;title\x07\nforged line")

    output, tabbed, event, *others = stream.getvalue().splitlines()
    assert (output, tabbed) == ("aws 7 | \\x1b[2J\\x07done\ufffd31m", "aws 7 | \tnext")
    assert event.endswith("aws function failed: \\x1b]0;title\\x07\\nforged line")
    assert others == []


def test_a_line_that_never_ends_is_written_before_it_fills_the_memory() -> None:
    stream = io.StringIO()
    feed = Log("aws", stream).output("7")

    feed(b"x" * LONGEST_LINE)
    assert stream.getvalue() == ""
    feed(b"xy")

    assert stream.getvalue() == f"aws 7 | {'x' * (LONGEST_LINE + 1)}y\n"


def test_an_event_has_its_time() -> None:
    stream = io.StringIO()

    Log("gcp", stream).event("instance 1 starting")

    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} gcp instance 1 starting\n", stream.getvalue())
