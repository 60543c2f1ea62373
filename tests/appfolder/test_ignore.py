"""A .dockerignore keeps out of the image what the builders keep out, and nothing else."""

import functools
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appfolder.files import Listing, listing
from appfolder.ignore import DEFAULT, Ignore, IgnoreError, line_for
from appfolder.image import build
from appfolder.settings import App
from usererror import UserError

FILES = (
    *(
        "app.py",
        "#notes",
        "!loud",
        " spaced ",
        "README.md",
        ".env",
        ".env.local",
        "key.pem",
        "a b.txt",
        "x[1].txt",
        "a^b",
        "-",
    ),
    *("docs/keep", "docs/drop", "docs/deep/keep", "docs/deep/drop.txt"),
    *("src/shop/__init__.py", "src/shop/__pycache__/x.pyc", "src/shop/test.py", "src/shop/notes.md"),
    *(
        ".git/config",
        ".venv/pyvenv.cfg",
        ".venv/lib/x.py",
        "static/css/a.css",
        "static/a.map",
        "static/b/c.map",
    ),
)
# Each with what goes in, as BuildKit 0.25 decides.
CASES = {
    "nothing": ("", {*FILES}),
    "comments and empty lines": ("\ufeff# app.py\n\n   \n", {*FILES}),
    "a folder": ("docs\n", {name for name in FILES if not name.startswith("docs/")}),
    "a slash before and after": ("/docs/\n", {name for name in FILES if not name.startswith("docs/")}),
    "one level": ("*.md\n", {name for name in FILES if name != "README.md"}),
    "any level": ("**/*.md\n", {name for name in FILES if not name.endswith(".md")}),
    "all but": ("*\n!app.py\n!src\n", {"app.py", *(name for name in FILES if name.startswith("src/"))}),
    "all but a file below": ("*\n!docs/deep/keep\n", {"docs/deep/keep"}),
    "the last line counts": (
        "docs\n!docs/keep\ndocs/*\n",
        {name for name in FILES if not name.startswith("docs/")},
    ),
    "taken back by a pattern": ("docs/**\n!**/keep\n", {name for name in FILES if "drop" not in name}),
    "what is in a folder": ("docs/**\n", {name for name in FILES if not name.startswith("docs/")}),
    "folders in between": ("static/**/*.map\n", {name for name in FILES if not name.endswith(".map")}),
    "a name at any depth": ("**/__pycache__\n", {name for name in FILES if "__pycache__" not in name}),
    "any end": ("**.map\n", {name for name in FILES if not name.endswith(".map")}),
    "a question mark": ("static/?.map\n", {name for name in FILES if name != "static/a.map"}),
    "a set": ("[a-k]*.p?\n", {name for name in FILES if name != "app.py"}),
    "escaped": ("x\\[1\\].txt\na b.txt\n", {name for name in FILES if name not in {"x[1].txt", "a b.txt"}}),
    "signs that mean nothing here": ("a^b\n-\n", {name for name in FILES if name not in {"a^b", "-"}}),
    "dots": ("./docs/../app.py\n", {name for name in FILES if name != "app.py"}),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path)


def written(place: Path) -> Path:
    """A folder with FILES in `place`."""
    for name in FILES:
        path = place / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return place / "context"


def files_of(listing: Listing) -> set[str]:
    return {entry.name for entry in listing.goes_in if not entry.path.is_dir()}


@pytest.mark.parametrize("case", CASES)
def test_a_line_keeps_out_what_it_names(folder: Path, case: str) -> None:
    text, expected = CASES[case]

    assert expected == files_of(listing(folder, Ignore(text)))


Copied = Callable[[Listing], set[str]]


@pytest.fixture(scope="module")
def copied(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """The files that buildah copies of the context of these tests if it is given the names that stay out.

    What stays out in several cases alike is built once.
    """
    if not shutil.which("buildah") or os.geteuid():
        pytest.skip("needs buildah and root: apt-get install buildah")
    context = written(tmp_path_factory.mktemp("copied"))

    @functools.cache
    def build(lines: str) -> set[str]:
        folder = tmp_path_factory.mktemp("build")
        ignore, dockerfile, output = (folder / name for name in ("ignore", "Dockerfile", "output"))
        ignore.write_text(lines)
        dockerfile.write_text("FROM scratch\nCOPY . /\n")
        # A store of its own, because buildah keeps the image of each build, and is slower the more of them there are.
        command = [
            *("buildah", f"--root={folder}/store", f"--runroot={folder}/run", "--storage-driver=vfs"),
            *("build", "--isolation=chroot", f"--ignorefile={ignore}", f"--file={dockerfile}"),
        ]
        subprocess.run([*command, "--output", str(output), str(context)], check=True, capture_output=True)
        return {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}

    return lambda listing: build("".join(f"{line_for(name)}\n" for name in listing.stays_out))


@pytest.mark.parametrize("case", CASES)
def test_a_builder_that_is_given_the_names_copies_the_same_files(
    folder: Path, case: str, copied: Copied
) -> None:
    expected = listing(folder, Ignore(CASES[case][0]))

    assert files_of(expected) == copied(expected)


def test_without_a_dockerignore_secrets_history_environments_and_caches_stay_out(folder: Path) -> None:
    kept = files_of(listing(folder, Ignore(DEFAULT)))

    assert {"app.py", "src/shop/__init__.py", "static/css/a.css"} <= kept
    assert [name for name in kept if name.startswith((".", "key")) or "__pycache__" in name] == []


def test_an_empty_folder_goes_in_and_an_excluded_one_only_for_what_is_in_it(folder: Path) -> None:
    (folder / "empty").mkdir()

    names = {entry.name for entry in listing(folder, Ignore("docs\n!docs/deep/keep\nstatic\n")).goes_in}

    assert {"empty", "docs", "docs/deep", "docs/deep/keep"} <= names
    assert "static" not in names


def test_names_that_are_not_utf_8_are_read_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appfolder.image.DOCKERFILE", tmp_path / "image" / "Dockerfile")
    shop = tmp_path / "shop"
    shop.mkdir()
    for name in (b"shop.py", b"requirements.txt", b"b\xe4r.txt", b"f\xf6o.pdf"):
        (shop / os.fsdecode(name)).touch()
    (shop / ".dockerignore").write_bytes(b"f\xf6o*\n")

    plan = build(App(shop, "shop:app"), {}, "linux/amd64")

    assert plan.stays_out == [os.fsdecode(b"f\xf6o.pdf")]
    assert plan.written().with_name("Dockerfile.dockerignore").read_bytes() == b"f\xf6o.pdf\n"


@pytest.mark.parametrize(
    ("name", "ignored"),
    [("uv.lock", "*.lock\n"), ("requirements.txt", "**\n!shop.py\n"), ("shop.py", "**\n")],
)
def test_what_an_image_needs_cannot_stay_out_in_silence(tmp_path: Path, name: str, ignored: str) -> None:
    """Otherwise the image would have other versions than this machine, by the next file that is there."""
    for each in {name, "shop.py", "requirements.txt"}:
        (tmp_path / each).touch()
    (tmp_path / ".dockerignore").write_text(ignored)

    with pytest.raises(
        UserError, match=rf"keeps {name} out of the image; admit it by a line such as !{name}$"
    ):
        build(App(tmp_path, "shop:app"), {}, "linux/amd64")


@pytest.fixture(scope="module")
def small_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files two folders deep, with names that resemble each other."""
    folder = tmp_path_factory.mktemp("tree")
    for path in itertools.product(("a", "app"), ("a", "b"), ("a", "b", "app")):
        folder.joinpath(*path[:2]).mkdir(parents=True, exist_ok=True)
        folder.joinpath(*path).write_text("")
    return folder


PARTS = ("a", "b", "app", "ap", "*", "**", "a*", "?", "[ab]", "\\\\a")
lines = st.tuples(st.sampled_from(("", "!")), st.lists(st.sampled_from(PARTS), min_size=1, max_size=3)).map(
    lambda line: line[0] + "/".join(line[1])
)


@given(st.lists(lines, max_size=5))
@example(["*", "!app"])
@example(["**", "!a/**/b"])
@example(["a", "!a/b", "a*"])
def test_no_file_is_missed_by_leaving_folders_unread(small_tree: Path, lines: list[str]) -> None:
    """What goes in is the same as if every folder that stays out were read for what a later line takes back."""
    ignore = Ignore("\n".join(lines))

    def read(path: Path, parent: tuple[bool, ...]) -> Iterator[str]:
        for each in path.iterdir():
            name = each.relative_to(small_tree).as_posix()
            out, matched = ignore.excludes(name, parent)
            if each.is_dir():
                yield from read(each, matched)
            elif not out:
                yield name

    assert files_of(listing(small_tree, ignore)) == set(read(small_tree, ()))


def test_a_folder_from_which_nothing_can_go_in_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment has tens of thousands of files; to list them would take seconds."""
    opened, scandir = list[str](), os.scandir

    def watched(path: Path) -> Any:
        opened.append(path.relative_to(folder).as_posix())
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    listing(folder, Ignore("*\n!src\n!docs/d*/keep\n"))

    assert {*opened} == {".", "src", "src/shop", "src/shop/__pycache__", "docs", "docs/deep"}


@pytest.mark.parametrize(("line", "said"), [("!", "names nothing"), ("[a", "is no pattern")])
def test_a_line_without_meaning_is_named(line: str, said: str) -> None:
    with pytest.raises(IgnoreError, match=rf"^{line.replace('[', '.')!r}".replace("'", ".") + f".*{said}"):
        Ignore(f"docs\n{line}\n")
