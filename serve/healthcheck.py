"""What the container engine's HEALTHCHECK runs: exit 0 when GET HEALTH_PATH answers 200 in this container.

An app without such a path is healthy when its port is open.
"""

import http.client
import os
import sys


def main() -> int:
    """0 if the app is healthy, or if no port is open because Lambda mode needs none; else 1."""
    # The same choice as in entrypoint.sh.
    mode = os.environ.get("RUN_MODE") or (
        "lambda" if os.environ.get("AWS_LAMBDA_RUNTIME_API") else "gunicorn"
    )
    if mode == "lambda":
        return 0
    path = os.environ.get("HEALTH_PATH", "/health")
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8080")), timeout=2)
    try:
        if not path:
            connection.connect()
            return 0
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer from {path or 'the port'}: {str(error).strip()}", file=sys.stderr)
        return 1
    if status != http.client.OK:
        print(f"{path} answered {status}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
