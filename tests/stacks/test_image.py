"""The image is known by what goes into it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import platforms
from appfolder.image import build
from appfolder.settings import read
from tests.stacks.cloud import IMAGE, Cloud, RefusedError, Resource
from tests.stacks.graph import run, service, usual

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_the_image_is_reproducible_single_and_named_by_its_content(platform: str) -> None:
    """The same build everywhere: fixed times, one manifest that Lambda takes, and the hash as build id and tag."""
    image = usual(platform).one(IMAGE)
    made = build(read({}), {}, "linux/amd64")

    reference = image.inputs["tags"][0]
    assert {key: value for key, value in image.inputs.items() if key not in {"tags", "registries"}} == {
        "context": {
            "location": ".",
            "named": {name: {"location": name} for name in ("appfolder", "requirements", "serve")},
        },
        "dockerfile": {"location": ".cache/image/Dockerfile"},
        "platforms": ["linux/amd64"],
        "buildArgs": made.arguments,
        "push": False,
        "exports": [{"raw": "type=registry,rewrite-timestamp=true,oci-mediatypes=false"}],
        "buildOnPreview": False,
        "network": "default",
    }
    assert reference.endswith(f":build-{made.arguments['BUILD_ID']}")
    assert image.retained, "deleting the image would pull it away from under an older version"


def test_every_platform_builds_the_same_image() -> None:
    """One commit is one image wherever it runs: the digests are equal."""
    digests = {usual(platform).outputs["image"].partition("@")[2] for platform in platforms.NAMES}

    assert len(digests) == 1


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_an_image_that_an_up_leaves_out_keeps_its_build_id(
    platform: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--target` the engine may answer with the image of the state, another build than that of the code."""
    create = cloud.create

    def earlier(type_: str, name: str, inputs: Mapping[str, Any]) -> Resource:
        made = create(type_, name, inputs)
        if type_ == IMAGE:
            made.outputs["buildArgs"] = {**inputs["buildArgs"], "BUILD_ID": "0123456789abcdef"}
        return made

    monkeypatch.setattr(cloud, "create", earlier)

    assert [of["build"] for of in run(service(platform), cloud=cloud).outputs["releases"]] == [
        "0123456789abcdef"
    ]


def test_the_app_and_the_architecture_reach_the_image() -> None:
    """The keys `app` and `architecture` are the build's arguments."""
    image = usual("aws", app="app.web:application", architecture="arm64").one(IMAGE)

    assert image.inputs["buildArgs"]["APP"] == "app.web:application"
    assert image.inputs["platforms"] == ["linux/arm64"]


def test_the_dockerfile_knows_every_argument_of_the_build() -> None:
    """One that it does not declare would be passed over without a word; the time of the files is BuildKit's own."""
    arguments = usual("aws", otlpEndpoint="https://collector.example.com").one(IMAGE).inputs["buildArgs"]
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
