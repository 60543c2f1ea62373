"""The image is known by what goes into it."""

import re
import shutil
from pathlib import Path

import pulumi
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import platforms
from stacks.image import EPOCH, admitted, content_hash
from tests.stacks.cloud import IMAGE, Cloud, RefusedError
from tests.stacks.graph import run, service

PATIENT = settings.get_profile("stacks")

ROOT = Path(__file__).parents[2]
ARGUMENTS = {"APP": "app:create_app()", "platform": "linux/amd64"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with a Dockerfile and what it admits."""
    (tmp_path / "app" / "__pycache__").mkdir(parents=True)
    (tmp_path / "app" / "__init__.py").write_text("hello = 1\n")
    (tmp_path / "app" / "__pycache__" / "x.pyc").write_bytes(b"changes with every run")
    (tmp_path / "start.sh").write_text("#!/bin/sh\n")
    (tmp_path / "notes.txt").write_text("not in the image")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app /app\n")
    (tmp_path / ".dockerignore").write_text("# what goes in\n*\n!app\n!start.sh\n**/__pycache__\n")
    return tmp_path


def test_what_the_project_admits_is_what_the_image_needs() -> None:
    """The project's own .dockerignore is in the form that is read, and lets tests and secrets stay outside."""
    folders = {path.relative_to(ROOT).parts[0] for path in admitted(ROOT)}

    assert folders == {"app", "serve", "entrypoint.sh", "requirements"}


def test_admitted_files_are_found_by_dockerignore(tree: Path) -> None:
    """A folder brings its files along, except for what a `**/` line takes out."""
    assert admitted(tree) == [tree / "app" / "__init__.py", tree / "start.sh"]


@pytest.mark.parametrize("text", ["", "app\n", "*\n!app/*.py\n", "*\n!app\n*.pyc\n", "!app\n*\n"])
def test_another_form_of_dockerignore_is_refused(tree: Path, text: str) -> None:
    """What is built but not hashed would never be deployed, so the form that is understood is demanded."""
    (tree / ".dockerignore").write_text(text)

    with pytest.raises(pulumi.RunError, match=r"^\.dockerignore: it has to start with `\*`"):
        admitted(tree)


def test_an_admitted_path_that_does_not_exist_is_told(tree: Path) -> None:
    """A typing error in .dockerignore would leave a part of the app out."""
    (tree / ".dockerignore").write_text("*\n!aap\n")

    with pytest.raises(pulumi.RunError, match=r"it admits aap, which does not exist"):
        admitted(tree)


def test_the_hash_depends_on_all_that_decides_the_image(tree: Path) -> None:
    """Content, names, modes, links, the Dockerfile, .dockerignore and the arguments each change it."""
    hashes = [content_hash(tree, ARGUMENTS)]

    def changed() -> None:
        hashes.append(content_hash(tree, ARGUMENTS))

    (tree / "app" / "__init__.py").write_text("hello = 2\n")
    changed()
    (tree / "app" / "__init__.py").chmod(0o755)
    changed()
    (tree / "app" / "__init__.py").rename(tree / "app" / "main.py")
    changed()
    (tree / "app" / "link").symlink_to("main.py")
    changed()
    (tree / "Dockerfile").write_text("FROM scratch\n")
    changed()
    (tree / ".dockerignore").write_text("*\n!app\n**/__pycache__\n")
    changed()
    hashes.append(content_hash(tree, {**ARGUMENTS, "APP": "other:app"}))
    hashes.append(content_hash(tree, {**ARGUMENTS, "platform": "linux/arm64"}))

    assert len(set(hashes)) == 9


def test_the_hash_depends_on_nothing_else(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Another place, other times, caches and files outside the image leave it alone."""
    before = content_hash(tree, ARGUMENTS)
    copy = tmp_path_factory.mktemp("copy") / "tree"
    shutil.copytree(tree, copy, copy_function=shutil.copy)
    (copy / "notes.txt").write_text("changed")
    (copy / "app" / "__pycache__" / "y.pyc").write_bytes(b"new")

    assert content_hash(copy, ARGUMENTS) == before


@PATIENT
@example(a=b"", b=b"other\x00644\x00", c=b"other\x00644\x00", d=b"")
@given(st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_moving_bytes_between_files_changes_the_hash(
    tmp_path_factory: pytest.TempPathFactory, a: bytes, b: bytes, c: bytes, d: bytes
) -> None:
    """Two files never hash as two other files, wherever the border between them is."""
    hashes = list[str]()
    for one, other in ((a, b), (c, d)):
        tree = tmp_path_factory.mktemp("tree")
        (tree / "Dockerfile").touch()
        (tree / ".dockerignore").write_text("*\n!one\n!other\n")
        (tree / "one").write_bytes(one)
        (tree / "other").write_bytes(other)
        (tree / "one").chmod(0o644)
        (tree / "other").chmod(0o644)
        hashes.append(content_hash(tree, {}))

    assert (hashes[0] == hashes[1]) == ((a, b) == (c, d))


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_the_image_is_reproducible_single_and_named_by_its_content(platform: str) -> None:
    """The same build everywhere: fixed times, one manifest that Lambda takes, and the hash as build id and tag."""
    image = run(service(platform)).one(IMAGE)
    build_id = content_hash(
        ROOT, {"APP": "app:create_app()", "SOURCE_DATE_EPOCH": EPOCH, "platform": "linux/amd64"}
    )

    reference = image.inputs["tags"][0]
    assert {key: value for key, value in image.inputs.items() if key not in {"tags", "registries"}} == {
        "context": {"location": "."},
        "platforms": ["linux/amd64"],
        "buildArgs": {"APP": "app:create_app()", "SOURCE_DATE_EPOCH": EPOCH, "BUILD_ID": build_id},
        "push": False,
        "exports": [{"raw": "type=registry,rewrite-timestamp=true,oci-mediatypes=false"}],
        "buildOnPreview": False,
        "network": "default",
    }
    assert reference.endswith(f":build-{build_id}")
    assert image.retained, "deleting the image would pull it away from under an older version"


def test_every_platform_builds_the_same_image() -> None:
    """One commit is one image wherever it runs: the digests are equal."""
    digests = {run(service(platform)).outputs["image"].partition("@")[2] for platform in platforms.NAMES}

    assert len(digests) == 1


def test_the_app_and_the_architecture_reach_the_image() -> None:
    """The keys `app` and `architecture` are the build's arguments."""
    image = run(service("aws", app="shop.web:application", architecture="arm64")).one(IMAGE)

    assert image.inputs["buildArgs"]["APP"] == "shop.web:application"
    assert image.inputs["platforms"] == ["linux/arm64"]


def test_the_dockerfile_knows_every_argument_of_the_build() -> None:
    """One that it does not declare would be passed over without a word; the time of the files is BuildKit's own."""
    arguments = (
        run(service("aws", otlpEndpoint="https://collector.example.com")).one(IMAGE).inputs["buildArgs"]
    )
    declared = re.findall(r"^ARG (\w+)=", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert arguments.keys() - {"SOURCE_DATE_EPOCH"} == set(declared) - {"BASE"}


def test_the_fake_registry_refuses_a_moved_tag(cloud: Cloud) -> None:
    """The judge itself: a tag that is pushed again with another content is refused, as ECR does."""
    cloud.images["r"] = {}
    image = {
        "tags": ["r:build-1"],
        "registries": [{"address": "r", "username": "u", "password": "p"}],
        "buildArgs": {"BUILD_ID": "1"},
    }
    cloud.create(IMAGE, "image", image)

    with pytest.raises(RefusedError, match="cannot be overwritten"):
        cloud.create(IMAGE, "image", {**image, "buildArgs": {"BUILD_ID": "2"}})
