"""TLS: the phases of a connection, and a certificate that nobody knows."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from compare.measure.probe import Probe
from compare.targets.request import Filled
from tests.compare.conftest import Done, Server

Serve = Callable[..., Server]
Compare = Callable[..., Done]
QUICK = ("--cold", "none", "--rounds", "12", "--quiet")


@pytest.fixture(scope="module")
def certificate(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that signs itself, with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    file = folder / "both.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += [
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(file),
        "-out",
        str(folder / "only.pem"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / "only.pem").read_text())
    return file


def test_phases_of_a_tls_connection_follow_each_other(
    serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name, TCP, TLS, first byte, all of it; a kept connection has none of the first three, a fresh one always all."""
    server = serve("--tls", str(certificate), "--delay", "20")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("only.pem")))
    request = Filled("GET", f"{server.url}/hello", (), None, 200, ())

    with Probe(request, "fresh") as fresh, Probe(request, "kept") as kept:
        answers = [probe.measure() for probe in (fresh, fresh, kept, kept)]

    times = [answer.times for answer in answers if answer]
    assert [answer.connects for answer in answers if answer] == [1, 1, 1, 0]
    for one in times[:3]:
        assert one.tls is not None
        assert 0 <= one.name <= one.connect < one.tls < one.first_byte <= one.total
    assert times[3].connect < 1
    assert all(one.first_byte >= 20 for one in times)
    assert all(one.app and 20 <= one.app <= one.first_byte for one in times)


def test_an_unknown_certificate_is_a_failure(serve: Serve, certificate: Path, compare: Compare) -> None:
    """Authorities are checked; what is wrong is told in libcurl's words."""
    server = serve("--tls", str(certificate))

    done = compare("run", f"a={server.url}", *QUICK)

    assert done.status == 1
    assert "SSL certificate" in done.out
