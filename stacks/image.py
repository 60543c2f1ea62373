"""The working tree turned into one image in a registry, which is then known by its digest."""

import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pulumi
import pulumi_docker_build as docker_build

from stacks.settings import Service

# Every file in the image gets this time, the first that a zip can hold: two builds then give the same bytes.
EPOCH = "315532800"


def build(
    service: Service,
    repository: pulumi.Input[str],
    login: docker_build.RegistryArgs,
    depends_on: Sequence[pulumi.Resource] = (),
) -> docker_build.Image:
    """Build the image for `service` and push it to `repository` (HOST/PATH) under a tag made of its content.

    The tag is never moved, so the registry may refuse changes to it, and an earlier image stays for a roll back.
    """
    platform = docker_build.Platform(f"linux/{service.architecture}")
    arguments = {"APP": service.app, "SOURCE_DATE_EPOCH": EPOCH}
    if service.otlp_endpoint:
        arguments["OTEL"] = "on"
    build_id = content_hash(Path(), {**arguments, "platform": platform.value})
    return docker_build.Image(
        service.name,
        context=docker_build.BuildContextArgs(location="."),
        platforms=[platform],
        build_args={**arguments, "BUILD_ID": build_id},
        tags=[pulumi.Output.concat(repository, ":build-", build_id)],
        registries=[login],
        # `push` would add a second export, without the fixed times and with a media type that Lambda refuses.
        push=False,
        exports=[
            docker_build.ExportArgs(raw="type=registry,rewrite-timestamp=true,oci-mediatypes=false"),
        ],
        # A preview shows what would change; `up` builds.
        build_on_preview=False,
        # Deleting would take the image away from the version or revision that still runs it; the registry goes as
        # a whole with the stack.
        opts=pulumi.ResourceOptions(retain_on_delete=True, depends_on=list(depends_on)),
    )


def digest_of(image: pulumi.Output[str]) -> pulumi.Output[str]:
    """The "sha256:..." of REPOSITORY@sha256:DIGEST."""
    return image.apply(lambda reference: reference.rpartition("@")[2])


def content_hash(root: Path, arguments: Mapping[str, str]) -> str:
    """16 hex digits over all that decides the image: the admitted files with their modes, and the build's arguments.

    Raises pulumi.RunError where .dockerignore does not admit the files by name.
    """
    digest = hashlib.sha256()
    for name in sorted(arguments):
        digest.update(f"{name}={arguments[name]}\0".encode())
    for path in [root / "Dockerfile", root / ".dockerignore", *admitted(root)]:
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        mode = path.lstat().st_mode & 0o777
        digest.update(f"{path.relative_to(root).as_posix()}\0{mode:o}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def admitted(root: Path) -> list[Path]:
    """Every file that .dockerignore lets into the build, sorted: first `*`, then `!PATH` lines and `**/NAME` lines.

    Raises pulumi.RunError for another form: a file that is built but not hashed would never be deployed.
    """
    lines = [line.strip() for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines()]
    everything, *rest = [line for line in lines if line and not line.startswith("#")] or [""]
    paths = [line.removeprefix("!") for line in rest if line.startswith("!")]
    names = [line.removeprefix("**/") for line in rest if line.startswith("**/")]
    if everything != "*" or len(paths) + len(names) != len(rest) or any("*" in path for path in paths):
        raise pulumi.RunError(
            ".dockerignore: it has to start with `*` and then admit files and folders by lines such as `!app`; "
            "only lines such as `**/__pycache__` may take something out again"
        )
    found = set[Path]()
    for path in paths:
        if not (root / path).exists():
            raise pulumi.RunError(f".dockerignore: it admits {path}, which does not exist")
        found |= {
            file for file in [root / path, *(root / path).rglob("*")] if file.is_symlink() or file.is_file()
        }
    kept = [
        file
        for file in found
        if not any(fnmatch(part, name) for name in names for part in file.relative_to(root).parts)
    ]
    return sorted(kept)
