#!/bin/sh
# Builds the image with docker or podman, the same bytes from the same commit, and prints its size by layer.
#   ./image.sh [OPTION OF THE ENGINE'S BUILD...]       for example: ./image.sh --build-arg BASE=my/python
#   ENGINE=podman|docker chooses the engine, IMAGE=name:tag the name.
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

if build_id=$(git rev-parse --short=12 HEAD 2>/dev/null); then
    changed=$(git status --porcelain -- app serve entrypoint.sh requirements/image.txt requirements/otel.txt \
        Dockerfile .dockerignore)
    [ -z "$changed" ] || build_id=$build_id-dirty
    epoch=$(git log -1 --format=%ct)
else
    build_id=unknown
    epoch=0
fi

case $engine in
    podman)
        # buildah up to 1.28 takes a layer from its cache although a build argument changed: the build id would lie.
        "$engine" build --no-cache --timestamp "$epoch" --build-arg "BUILD_ID=$build_id" --tag "$image" "$@" .
        ;;
    *)
        SOURCE_DATE_EPOCH=$epoch "$engine" build --provenance=false --build-arg "SOURCE_DATE_EPOCH=$epoch" \
            --build-arg "BUILD_ID=$build_id" --tag "$image" "$@" .
        ;;
esac
echo "Built $image, build id $build_id. Size by layer, the newest first:"
"$engine" history --format '{{.Size}}  {{.CreatedBy}}' "$image" | grep -v '^0 \{0,1\}B ' | cut -c1-120
