#!/bin/sh
# Shows the log of a deployed service live: runs the command that its stack exports as `logs`. Ctrl-C ends it.
#   ./logs.sh [STACK]       the selected stack by default
set -eu
cd "$(dirname "$0")"

fail() {
    echo "logs.sh: $2" >&2
    exit "$1"
}

stack=${1:-}
if [ $# -gt 1 ] || [ "${stack#-}" != "$stack" ]; then
    fail 64 "it takes one stack's name, or none for the selected stack: ./logs.sh [STACK]"
fi
of="the selected stack"
if [ -n "$stack" ]; then of="stack '$stack'"; fi
command -v pulumi >/dev/null || fail 69 "pulumi is not on PATH; docs/deploying.md says where to get it"
errors=$(mktemp)
if ! command=$(pulumi stack output logs --non-interactive ${stack:+--stack "$stack"} 2>"$errors"); then
    reason=$(sed -n 's/^error: //p' "$errors" | head -n 1)
    rm "$errors"
    fail 1 "$of has no log to show: ${reason:-pulumi failed} (pulumi stack ls lists the stacks, pulumi up deploys one)"
fi
rm "$errors"

# Plain words by construction (stacks/), so that nothing of it is given to a shell.
set -f
# shellcheck disable=SC2086
set -- $command
command -v "$1" >/dev/null ||
    fail 69 "$of is followed by '$command', but $1 is not on PATH; install it, or see: pulumi stack output console"
echo "$command" >&2
exec "$@"
