"""An image that another stack has built: whether this stack can run it."""

import re
from collections.abc import Mapping

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


def problems(image: str, apps: Mapping[str, str], platform: str, region: str) -> list[str]:
    """What keeps `platform` in `region` from running `image`, a sentence each; nothing if it is "".

    apps: the keys that say which app an image is built of.
    """
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
    wrong += [
        f"{key}: it is {value!r}; with `image` it was decided when the image was built. Type `pulumi config rm {key}`"
        for key, value in apps.items()
        if value
    ]
    return wrong
