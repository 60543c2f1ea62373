"""What Pulumi said of a failure, as one line."""

import pytest

from trial.engine import Done

REFUSED = """\
Updating (trial-aws):
 ~  aws:lambda:Function shop updating (1s) error:   sdk-v2/provider2.go:572: sdk.helper_schema: updating
Diagnostics:
  pulumi:pulumi:Stack (shop-trial-aws):
    error: update failed
  aws:lambda:Function (shop):
    error:   sdk-v2/provider2.go:572: sdk.helper_schema: updating Lambda Function: TooManyRequestsException
    error: 1 error occurred:
        * updating urn:pulumi:trial-aws::shop: 1 error occurred:
        * TooManyRequestsException: rate exceeded

Resources:
    21 unchanged
"""

TOLD = (
    "sdk-v2/provider2.go:572: sdk.helper_schema: updating Lambda Function: TooManyRequestsException; "
    "1 error occurred: * updating urn:pulumi:trial-aws::shop: 1 error occurred: * TooManyRequestsException: "
    "rate exceeded"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            REFUSED,
            TOLD,
        ),
        ("error: no stack named 'nix' found\n", "no stack named 'nix' found"),
        ("Diagnostics:\n  x:\n    error: update failed\n", "update failed"),
        ("error: a\nerror: a\nerror: b\n", "a; b"),
        ("\n it just ended \nthen more\n", "it just ended"),
        ("", "exit status 255"),
    ],
)
def test_a_failure_is_one_line_with_every_error_once(text: str, line: str) -> None:
    """That an update has failed goes without saying, if something says why."""
    assert Done(255, 1.0, text).error == line
