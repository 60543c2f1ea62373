"""An image that one stack built is deployed by another, by its digest, without a build."""

import json
from collections.abc import Callable
from types import ModuleType

import pulumi
import pytest

import platforms
from tests.stacks import aws_cloud, google_cloud
from tests.stacks.aws_cloud import ACCOUNT, REGION
from tests.stacks.cloud import IMAGE, Cloud, RefusedError
from tests.stacks.graph import run, service
from tests.stacks.inline import InlineStack
from tests.stacks.settings.test_settings import problems

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_the_other_stacks_image_runs_without_a_build(platform: str, cloud: Cloud) -> None:
    """The same digest in the same cloud: no image is built, and the release tells the digest."""
    staging = run(service("staging", platform=platform), cloud=cloud)
    image = staging.outputs["image"]

    prod = run(service("prod", platform=platform, image=image), cloud=cloud)

    assert prod.of(IMAGE) == []
    assert prod.outputs["image"] == image
    assert prod.outputs["releases"][-1]["digest"] == image.partition("@")[2]


@pytest.mark.parametrize(
    ("platform", "module", "query"),
    [
        ("aws", aws_cloud, "aws:ecr/getImage:getImage"),
        ("gcp", google_cloud, "gcp:artifactregistry/getDockerImage:getDockerImage"),
    ],
)
def test_an_image_that_may_be_pulled_and_not_looked_at_runs_with_an_unknown_build(
    platform: str, module: ModuleType, query: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id is only shown; nobody needs the right to read it."""
    image = run(service("staging", platform=platform), cloud=cloud).outputs["image"]

    def refuse(*_: object) -> dict[str, object]:
        raise RefusedError("AccessDenied")

    monkeypatch.setitem(module.INVOKES, query, refuse)
    prod = run(service("prod", platform=platform, image=image), cloud=cloud)

    assert [of["build"] for of in prod.outputs["releases"]] == [""]


@pytest.mark.parametrize("platform", ["apprunner", "ecs"])
def test_what_pulls_by_a_role_may_pull_from_the_other_stacks_repository(platform: str, cloud: Cloud) -> None:
    """And from no other: the right follows the image."""
    image = run(service("staging", platform=platform), cloud=cloud).outputs["image"]

    prod = run(service("prod", platform=platform, image=image), cloud=cloud)
    policy = json.loads(prod.one("iam/rolePolicy:RolePolicy").inputs["policy"])

    assert policy["Statement"][1]["Resource"] == (
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{image.partition('@')[0].partition('/')[2]}"
    )


@pytest.mark.parametrize(
    ("platform", "image"),
    [
        ("aws", "docker.io/library/python"),
        ("aws", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop:latest"),
        ("aws", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop:latest@{DIGEST}"),
        ("apprunner", f"us-central1-docker.pkg.dev/my-project/shop/app@{DIGEST}"),
    ],
)
def test_what_is_no_image_of_the_platforms_registry_by_digest_is_refused(platform: str, image: str) -> None:
    """A tag could come to mean something else, and Lambda pulls from ECR only."""
    assert problems(platform, image=image) == [
        (
            f"image: it is {image!r}; allowed is ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST, "
            "which `pulumi stack output image --stack OTHER` prints"
        )
    ]


def test_google_takes_images_of_artifact_registry() -> None:
    """From any region and project, by digest."""
    assert service("gcp", image=f"europe-west1-docker.pkg.dev/other/shop/app@{DIGEST}").image
    assert problems("gcp", image="gcr.io/other/shop") == [
        (
            "image: it is 'gcr.io/other/shop'; allowed is "
            "REGION-docker.pkg.dev/PROJECT/REPOSITORY/app@sha256:DIGEST, "
            "which `pulumi stack output image --stack OTHER` prints"
        )
    ]


@pytest.mark.parametrize("platform", ["aws", "apprunner", "ecs"])
def test_another_region_is_refused_before_anything_is_made(platform: str) -> None:
    """ECR's images run where they are; ECS could fetch one from afar, and would for each task."""
    assert problems(platform, image=f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop@{DIGEST}") == [
        (
            "image: it is in eu-west-1, and this stack is in us-east-1; an image is taken from the stack's own "
            "region. Replicate it to us-east-1 (docs/environments.md) and name that copy"
        )
    ]


def test_another_account_is_refused_as_soon_as_ones_own_is_known(cloud: Cloud) -> None:
    """The account is known only at AWS; the function is not made."""
    image = f"999999999999.dkr.ecr.{REGION}.amazonaws.com/shop@{DIGEST}"

    with pytest.raises(pulumi.RunError, match=r"image: it is in the account 999999999999.*123456789012"):
        run(service("aws", image=image), cloud=cloud)

    assert cloud.of("aws:lambda/function:Function") == []


def test_the_app_is_decided_when_the_image_is_built() -> None:
    """A key that would do nothing is refused."""
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop@{DIGEST}"

    assert problems("aws", image=image, app="shop:app") == [
        "app: it is 'shop:app'; with `image` it was decided when the image was built. Type `pulumi config rm app`"
    ]


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_the_example_of_the_page_on_the_engine(
    platform: str, new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """docs/environments.md: staging builds, prod-eu takes the digest over, goes on without a build, and rolls back."""
    own = {"platform": platform} | ({"gcp__project": "my-project"} if platform == "gcp" else {})
    region = {"gcp__region": "us-central1"} if platform == "gcp" else {"aws__region": REGION}
    staging, images = new_inline_stack("staging"), list[str]()
    staging.set(**own, **region)
    for change in ("first", "second"):
        staging.change_app(change)
        staging.up()
        images.append(staging.outputs()["image"])
    cloud.log.clear()

    prod = new_inline_stack("prod-eu")
    prod.set(**own, **region)
    for image in images:
        prod.set(image=image)
        prod.up()
        assert prod.outputs()["image"] == image
    assert ("create", IMAGE) not in cloud.log
    assert ("update", IMAGE) not in cloud.log
    prod.up("--expect-no-changes")

    prod.set(pin=images[0].partition("@")[2])
    prod.up()
    assert prod.outputs()["promoted"] == prod.outputs()["releases"][0]["version"]

    prod("destroy", "--yes", "--skip-preview")
    assert cloud.has_image(images[0]), "prod-eu took staging's image along"
    staging("stack", "select", "staging")
    staging("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})
