"""Files of every packing, folders and standard input: the content decides, and what cannot be read is named."""

import bz2
import gzip
import io
import lzma
import random
import zipfile
from pathlib import Path

import pytest

from commandline import UserError
from cost.simulation import logs
from cost.simulation.logs.files import BLOCK
from tests.cost.simulation.logs.lines import EVERY_HOUR, as_json, common

WEEK = "\n".join(common(time) for time in EVERY_HOUR).encode()


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        half = data.index(b"\n", len(data) // 2)
        archive.writestr("a.log", data[:half])
        archive.writestr("b/c.log.gz", gzip.compress(data[half:]))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        WEEK,
        b"\xef\xbb\xbf" + WEEK,
        WEEK.replace(b"\n", b"\r\n"),
        b"\0" * 100 + WEEK,
        WEEK.decode().encode("utf-16"),
        WEEK.decode().encode("utf-16-le"),
        WEEK.decode().encode("utf-16-be"),
        gzip.compress(WEEK[:3000]) + gzip.compress(WEEK[3000:]),
        gzip.compress(gzip.compress(WEEK)),
        bz2.compress(WEEK),
        lzma.compress(WEEK),
        zipped(WEEK),
        b"\xfe\xfa not text \x00\x01\n" + WEEK,
        b"x" * (3 * BLOCK) + b"\n" + WEEK,
    ],
)
def test_the_content_decides_and_not_the_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "access.gz"
    path.write_bytes(content)

    assert logs.read([path]).arrivals.times.tolist() == [hour * 3600.0 for hour in range(100)]


def test_files_and_folders_are_one_log_and_none_counts_twice(tmp_path: Path) -> None:
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    first, second = tmp_path / "logs" / "a.log", tmp_path / "logs" / "deep" / "b.gz"
    first.write_text("\n".join(common(time) for time in EVERY_HOUR[:60]), encoding="utf-8")
    second.write_bytes(gzip.compress("\n".join(as_json(time) for time in EVERY_HOUR[60:]).encode()))
    (tmp_path / "logs" / ".hidden").write_text(
        "\n".join(common(time) for time in EVERY_HOUR), encoding="utf-8"
    )

    log = logs.read([tmp_path / "logs", first])

    assert log.requests == 100
    assert log.arrivals.description.startswith("2 files, 100 requests in 4.17 days")


def test_a_file_that_breaks_off_counts_as_far_as_it_goes_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(
        gzip.compress(random.Random(0).randbytes(4 * BLOCK).hex().encode() + b"\n" + WEEK)[:-2000]
    )
    whole = tmp_path / "whole.log"
    whole.write_bytes(WEEK)

    log = logs.read([path, whole])

    assert log.requests == 100
    assert log.notes[0].startswith(f"the log: {path} breaks off: ")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.log", None, r"nowhere.log cannot be read: No such file or directory"),
        ("a.zst", b"\x28\xb5\x2f\xfd" + b"\0" * 600, r"is packed by zstd: unpack it, zstd -dc FILE \| "),
        ("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 600, r"is a tar archive: unpack it, and name the folder"),
        ("b.gz", b"\x1f\x8b no gzip", r"b.gz breaks off: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError, match=message):
        logs.read([path])


def test_a_folder_without_files_and_a_device_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder without files: name a log, or a folder of logs"):
        logs.read([tmp_path])
    with pytest.raises(
        UserError, match="/dev/zero is a device, and has no end: name a file, or - for standard input"
    ):
        logs.read(["/dev/zero"])
