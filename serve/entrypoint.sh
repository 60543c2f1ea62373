#!/bin/sh
# Starts the app behind one of two doors. Each door is exec'ed, so that signals arrive at it.
set -eu
here=${0%/*}
# The app's folder, so that the app's relative paths work as they do on a developer's machine; else the project's.
cd "${APP_DIR:-$here/..}"

# The package has the name of this folder. Beside an app the folder has another name (see __init__.py).
doors=${here##*/}

mode=${RUN_MODE-}
if [ -z "$mode" ]; then
    # The Lambda service gives every runtime the address of its API; nothing else does.
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
