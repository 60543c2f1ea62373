"""Lines of a log for tests: a request an hour in the common log format, and as JSON."""

import json
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
EVERY_HOUR = [BEGIN + timedelta(hours=hour) for hour in range(100)]


def common(time: datetime, request: str = "GET /a HTTP/1.1", more: str = "") -> str:
    return f'198.51.100.7 - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "{request}" 200 12{more}'


def as_json(time: datetime, **more: object) -> str:
    return json.dumps({"timestamp": time.isoformat(), "path": "/a", "status": 200, **more})
