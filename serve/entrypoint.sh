#!/bin/sh
# Starts the app behind one of two doors. Each door is exec'ed, so that signals arrive at it.
set -eu
# The app's folder, so that its relative paths mean what they mean where it is written; else the project's.
cd "${APP_DIR:-$(dirname "$0")/..}"

# The package has the name of this folder, which is another one beside an app (see __init__.py).
doors=${0%/*}
doors=${doors##*/}

mode=${RUN_MODE-}
if [ -z "$mode" ]; then
    # The Lambda service tells every runtime where its API is; nothing else does.
    if [ -n "${AWS_LAMBDA_RUNTIME_API-}" ]; then mode=lambda; else mode=gunicorn; fi
fi

case $mode in
    lambda) exec python3 -m "$doors.lambda_runtime" ;;
    gunicorn) exec python3 -m "$doors.gunicorn_runtime" ;;
    *)
        echo "entrypoint.sh: RUN_MODE is '$mode'; it is either lambda or gunicorn (or unset, to choose by itself)" >&2
        exit 64
        ;;
esac
