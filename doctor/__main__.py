"""`python -m doctor`: what of the app in app.toml would not work where, a line each; 1 if something would not work."""

import os
import sys

from appfolder import settings
from doctor.checks import check
from usererror import UserError, printable

_SIGNS = {"stops": "does not work", "differs": "differs", "note": "note"}


def main() -> int:
    """Print the findings; the exit status."""
    try:
        app = settings.read(os.environ)
        where = "by processes of this machine, which may write where a platform may not"
        print(printable(f"{app.spec} in {app.folder}, {where}:"), flush=True)
        kinds = list[str]()
        for finding in check(app):
            kinds.append(finding.kind)
            print(printable(f"  {_SIGNS[finding.kind]}: {finding.text}"), flush=True)
    except UserError as problem:
        print(printable(f"doctor: {problem}"), file=sys.stderr)
        return problem.status
    if not kinds:
        print("  nothing found: both doors start it and answer alike")
    return 1 if "stops" in kinds else 0


if __name__ == "__main__":
    sys.exit(main())
