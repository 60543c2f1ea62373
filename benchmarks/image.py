"""The sizes of the image's layers above its base, compressed: a registry keeps these, and a start has to pull them.

`python -m benchmarks.image [NAME]` does it for an image that is there, as `make image` does after a build. IMAGE and
ENGINE are image.sh's own settings.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def main(image: str = "") -> None:
    """Print a line a layer, the lowest first, and their sum; if there is no image, say so."""
    image = image or os.environ.get("IMAGE") or "scale-to-zero:dev"
    # In image.sh's order.
    engines = [os.environ["ENGINE"]] if os.environ.get("ENGINE") else ["docker", "podman"]
    engine = next((name for name in engines if _has(name, image)), "")
    if not engine:
        print(f"  left out: there is no image {image}; make image builds it")
        return
    sizes = list(added_layers(engine, image))
    if not sizes:
        print(
            "  left out: the image does not say which of its layers are the base's (--squash, --layers=false)"
        )
        return
    for size, compressed in sizes:
        print(f"  {size / 1e6:7.2f} MB   {compressed / 1e6:6.2f} MB compressed")
    print(
        f"  {sum(size for size, _ in sizes) / 1e6:7.2f} MB   {sum(size for _, size in sizes) / 1e6:6.2f} MB in all"
    )


def _has(engine: str, image: str) -> bool:
    command = [engine, "image", "inspect", image]
    return bool(
        shutil.which(engine) and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


def added_layers(engine: str, image: str) -> Iterator[tuple[int, int]]:
    """Bytes of each layer that has come on top of the base, as it is and compressed by gzip.

    The first is the layer that compiles the standard library, as the image's history says; none if it does not.
    """
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        subprocess.run([engine, "save", "--output", archive, image], capture_output=True, check=True)
        with tarfile.open(archive) as saved:
            [manifest] = json.loads(_read(saved, "manifest.json"))
            history = json.loads(_read(saved, manifest["Config"]))["history"]
            for layer in manifest["Layers"][first_added(history) :]:
                data = _read(saved, layer)
                yield len(data), len(gzip.compress(data, 6))


def first_added(history: Sequence[Mapping[str, Any]]) -> int:
    """Where in an image's layers those begin that are on top of the base, by its history; their number if unknown."""
    steps = [step.get("created_by", "") for step in history if not step.get("empty_layer")]
    return next((number for number, step in enumerate(steps) if "compileall" in step), len(steps))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise FileNotFoundError(f"{name} is no file in the image's archive")
    with file:
        return file.read()


if __name__ == "__main__":
    main(*sys.argv[1:2])
