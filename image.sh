#!/bin/sh
# Builds the image of the app in app.toml with docker or podman, the same bytes from the same files, and prints its size
# by layer.
#   ./image.sh [OPTION OF THE ENGINE'S BUILD...]       for example: ./image.sh --build-arg BASE=my/python
#   ENGINE=podman|docker chooses the engine, IMAGE=name:tag the name, PYTHON the Python (3.11 or newer).
set -eu
cd "$(dirname "$0")"

image=${IMAGE:-scale-to-zero:dev}
engine=${ENGINE:-}
if [ -z "$engine" ]; then
    # A docker client without its engine is common, so the engine itself is asked.
    for candidate in docker podman; do
        if "$candidate" info >/dev/null 2>&1; then engine=$candidate; break; fi
    done
elif ! command -v "$engine" >/dev/null; then
    echo "image.sh: ENGINE is '$engine', which is not on PATH; unset, it is docker or podman, whichever answers" >&2
    exit 69
fi
if [ -z "$engine" ]; then
    echo "image.sh: no container engine answers; install podman or start docker" >&2
    exit 69
fi

"${PYTHON:-python3}" -m appfolder.image "$engine" "$image" "$@"
"$engine" history --format '{{.Size}}  {{.CreatedBy}}' "$image" | grep -v '^0 \{0,1\}B ' | cut -c1-120
