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
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory


def main(image: str = "") -> None:
    """Print a line a layer, the lowest first, and their sum; if there is no image, say so."""
    image = image or os.environ.get("IMAGE") or "scale-to-zero:dev"
    engine = os.environ.get("ENGINE") or next(filter(shutil.which, ("podman", "docker")), "")
    if (
        not engine
        or subprocess.run([engine, "image", "inspect", image], capture_output=True, check=False).returncode
    ):
        print(f"  left out: there is no image {image}; make image builds it")
        return
    sizes = list(added_layers(engine, image))
    for size, compressed in sizes:
        print(f"  {size / 1e6:7.2f} MB   {compressed / 1e6:6.2f} MB compressed")
    print(
        f"  {sum(size for size, _ in sizes) / 1e6:7.2f} MB   {sum(size for _, size in sizes) / 1e6:6.2f} MB in all"
    )


def added_layers(engine: str, image: str) -> Iterator[tuple[int, int]]:
    """Bytes of each layer that has come on top of the base, as it is and compressed by gzip.

    The first is the layer that compiles the standard library, as the image's history says.
    """
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        subprocess.run([engine, "save", "--output", archive, image], capture_output=True, check=True)
        with tarfile.open(archive) as saved:
            [manifest] = json.loads(_read(saved, "manifest.json"))
            history = json.loads(_read(saved, manifest["Config"]))["history"]
            steps = [step["created_by"] for step in history if not step.get("empty_layer")]
            first = next(number for number, step in enumerate(steps) if "compileall" in step)
            for layer in manifest["Layers"][first:]:
                data = _read(saved, layer)
                yield len(data), len(gzip.compress(data, 6))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise FileNotFoundError(f"{name} is no file in the image's archive")
    with file:
        return file.read()


if __name__ == "__main__":
    main(*sys.argv[1:2])
