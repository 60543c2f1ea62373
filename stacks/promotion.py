"""An image that another stack has built, checked and deployed by its digest without a build of one's own."""

import re

import pulumi

from stacks.iam import partition

ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[a-z0-9._/-]+)@(?P<digest>sha256:[0-9a-f]{64})"
)
ARTIFACT_REGISTRY = re.compile(
    r"(?P<region>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[a-z0-9:.-]+)/(?P<name>[a-z0-9._/-]+)@(?P<digest>sha256:[0-9a-f]{64})"
)
EXAMPLES = {
    ECR: "ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST",
    ARTIFACT_REGISTRY: "REGION-docker.pkg.dev/PROJECT/REPOSITORY/app@sha256:DIGEST",
}


def problems(image: str, app: str, usual_app: str, platform: str, region: str) -> list[str]:
    """What keeps `platform` in `region` from running `image`, a sentence each; nothing where it is ""."""
    if not image:
        return []
    pattern = ARTIFACT_REGISTRY if platform == "gcp" else ECR
    found = pattern.fullmatch(image)
    wrong = list[str]()
    if not found:
        wrong.append(
            f"image: it is {image!r}; allowed is {EXAMPLES[pattern]}, "
            "which `pulumi stack output image --stack OTHER` prints"
        )
    # Cloud Run pulls across regions. Lambda and App Runner do not, and for ECS each start would cost the transfer.
    elif platform != "gcp" and region and found["region"] != region:
        wrong.append(
            f"image: it is in {found['region']}, and this stack is in {region}; an image is taken from the "
            f"stack's own region. Replicate it to {region} (docs/environments.md) and name that copy"
        )
    if app != usual_app:
        wrong.append(
            f"app: it is {app!r}; with `image` it was decided when the image was built. Type `pulumi config rm app`"
        )
    return wrong


def of_this_account(image: str, account: str) -> str:
    """`image`, where it is in the registry of `account`; raises pulumi.RunError elsewhere."""
    found = ECR.fullmatch(image)
    if found and found["account"] != account:
        raise pulumi.RunError(
            f"image: it is in the account {found['account']}, and this stack is in {account}; "
            f"replicate it to {account} (docs/environments.md) and name that copy"
        )
    return image


def ecr_repository(image: pulumi.Output[str]) -> pulumi.Output[str]:
    """The ARN of the repository that REPOSITORY@sha256:DIGEST is in."""
    return image.apply(_ecr_arn)


def _ecr_arn(image: str) -> str:
    found = ECR.fullmatch(image)
    if not found:
        raise ValueError(image)
    region = found["region"]
    return f"arn:{partition(region)}:ecr:{region}:{found['account']}:repository/{found['name']}"


def digest_of(image: pulumi.Output[str]) -> pulumi.Output[str]:
    """The "sha256:..." of REPOSITORY@sha256:DIGEST."""
    return image.apply(lambda reference: reference.rpartition("@")[2])
