"""An image that another stack has built: whether this stack can run it."""

from collections.abc import Mapping

from stacks.settings import by_platform


def problems(image: str, apps: Mapping[str, str], platform: str, region: str) -> list[str]:
    """The reasons why `platform` in `region` cannot run `image`, a sentence each; none if it is "".

    apps: the keys that say which app an image is built of.
    """
    if not image:
        return []
    table = by_platform.of(platform)
    match = table.images.names.fullmatch(image)
    wrong = list[str]()
    if not match:
        wrong.append(
            f"image: it is {image!r}; allowed is {table.images.allowed}, "
            "which `pulumi stack output image --stack OTHER` prints"
        )
    elif not table.images_cross_regions and region and match["region"] != region:
        wrong.append(
            f"image: it is in {match['region']}, and this stack is in {region}; an image is taken from the "
            f"stack's own region. Replicate it to {region} (docs/environments.md) and name that copy"
        )
    wrong += [
        f"{key}: it is {value!r}; with `image` it was decided when the image was built. Type `pulumi config rm {key}`"
        for key, value in apps.items()
        if value
    ]
    return wrong
