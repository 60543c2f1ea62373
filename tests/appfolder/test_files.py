"""An image's id depends on all that goes into it, and on nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appfolder.files import content_id, listing
from appfolder.ignore import Ignore
from appfolder.image import content_hash, listed
from appfolder.settings import ROOT, read

ARGUMENTS = {"APP": "app:app", "platform": "linux/amd64"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app" / "__pycache__").mkdir(parents=True)
    (tmp_path / "app" / "__init__.py").write_text("hello = 1\n")
    (tmp_path / "app" / "__pycache__" / "x.pyc").write_bytes(b"changes with every run")
    (tmp_path / "start.sh").write_text("#!/bin/sh\n")
    return tmp_path


def id_of(tree: Path, arguments: dict[str, str] = ARGUMENTS) -> str:
    return content_id({"app": listing(tree, Ignore("**/__pycache__\nnotes.txt")).goes_in}, arguments)


def test_contents_names_links_folders_programs_and_arguments_each_change_it(tree: Path) -> None:
    ids = [id_of(tree)]
    init = tree / "app" / "__init__.py"

    for change in (
        lambda: init.write_text("hello = 2\n"),
        lambda: init.chmod(0o755),
        lambda: init.rename(tree / "app" / "main.py"),
        lambda: (tree / "app" / "link").symlink_to("main.py"),
        (tree / "empty").mkdir,
    ):
        change()
        ids.append(id_of(tree))
    ids += [id_of(tree, {**ARGUMENTS, name: "other"}) for name in ARGUMENTS]

    assert len(set(ids)) == len(ids)


def test_places_times_caches_and_what_stays_out_do_not(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = id_of(tree)
    copy = tmp_path_factory.mktemp("copy") / "tree"
    shutil.copytree(tree, copy, copy_function=shutil.copy)
    (copy / "notes.txt").write_text("changed")
    (copy / "app" / "__pycache__" / "y.pyc").write_bytes(b"new")
    for number, path in enumerate(copy.rglob("*")):
        os.utime(path, (number, number))

    assert id_of(copy) == before


@pytest.mark.process
@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
def test_who_checked_the_files_out_does_not(tree: Path, tmp_path: Path, umask: int) -> None:
    subprocess.run(["git", "init", "--quiet", tree], check=True)
    (tree / "start.sh").chmod(0o755)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", tree, "add", "."], check=True)
    subprocess.run(["git", "-C", tree, *identity, "commit", "--quiet", "--message=all"], check=True)
    shutil.rmtree(tree / "app" / "__pycache__")
    clone = tmp_path.parent / f"{tmp_path.name}-{umask}"

    subprocess.run(["sh", "-c", f'umask {umask:03o}; git clone --quiet "$0" "$1"', tree, clone], check=True)
    shutil.rmtree(clone / ".git")
    shutil.rmtree(tree / ".git")
    shutil.rmtree(clone / "app" / "__pycache__")

    assert id_of(clone) == id_of(tree)


@example(a=b"", b=b"other\0file\x000", c=b"other\0file\x000", d=b"")
@given(st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_bytes_that_move_between_files_change_it(
    tmp_path_factory: pytest.TempPathFactory, a: bytes, b: bytes, c: bytes, d: bytes
) -> None:
    ids = list[str]()
    for one, other in ((a, b), (c, d)):
        folder = tmp_path_factory.mktemp("tree")
        (folder / "one").write_bytes(one)
        (folder / "other").write_bytes(other)
        ids.append(id_of(folder))

    assert (ids[0] == ids[1]) == ((a, b) == (c, d))


@pytest.mark.process
def test_every_checkout_of_this_project_is_one_build(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout by git")
    ids = set[str]()
    for umask in ("002", "022", "077"):
        subprocess.run(
            ["sh", "-c", f'umask {umask}; git clone --quiet "$0" "$1"', ROOT, tmp_path / umask], check=True
        )
        ids.add(content_hash(tmp_path / umask, {"APP": "a"}))

    assert len(ids) == 1


@pytest.mark.process
def test_what_a_build_writes_itself_stays_out_of_the_first_image_of_a_checkout_too(tmp_path: Path) -> None:
    """Else the next build of the same files has other bytes."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout by git")
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    program = (
        "from appfolder import image, settings; build = image.build(settings.read({}), {}, 'linux/amd64'); "
        "print(build.written().with_name('Dockerfile.dockerignore').read_text())"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path / "clone",
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    )

    assert ".cache" in first
    assert first == second


def test_of_this_project_the_app_and_its_requirements_go_in() -> None:
    names = {entry.name for entry in listed(read({})).goes_in}

    assert {name.split("/")[0] for name in names} == {"app", "requirements"}
    assert {name for name in names if name.startswith("requirements/")} == {"requirements/app.txt"}
