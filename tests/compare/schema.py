"""`python -m tests.compare.schema > docs/report.schema.json` writes the JSON Schema of report.json anew."""

import json
from typing import Any

from pydantic import TypeAdapter

from compare.report.model import Report

ADAPTER: TypeAdapter[Report] = TypeAdapter(Report)


def schema() -> dict[str, Any]:
    """The schema, from the types that the report is made of."""
    made = ADAPTER.json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "report.json of compare",
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
