"""The doctor names an app that answers this machine alone: a platform asks it by another host name."""

from pathlib import Path

import pytest

from appfolder.settings import App, Request
from doctor.checks import check

pytestmark = pytest.mark.usefixtures("emulators")

# As Django's ALLOWED_HOSTS and Starlette's TrustedHostMiddleware do it.
STRICT = """
def app(environ, start_response):
    is_known = environ["HTTP_HOST"].partition(":")[0] in {hosts}
    start_response("200 OK" if is_known else "400 Bad Request", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


@pytest.mark.process
@pytest.mark.parametrize(("hosts", "found"), [({"127.0.0.1"}, 1), ({"127.0.0.1", "service.example"}, 0)])
def test_an_app_that_knows_no_other_host_is_named_once(tmp_path: Path, hosts: set[str], found: int) -> None:
    (tmp_path / "shop.py").write_text(STRICT.format(hosts=hosts))
    (tmp_path / "requirements.txt").touch()

    findings = list(check(App(tmp_path, "shop:app", health="/", request=Request(path="/?measured"))))

    assert len(findings) == found
    for finding in findings:
        assert finding.kind == "differs"
        assert finding.text.startswith(
            "/?measured answers 400 if the request is for another host than 127.0.0.1, as on every platform: "
        )
