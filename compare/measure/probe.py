"""Sends a prepared request, and gives the answer with the time of each phase, as libcurl measures them."""

import hashlib
import io
import os
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pycurl

from compare.targets.request import Filled
from runs.sample import Answer, Connection, Times, app_duration

LARGEST_ANSWER = 64 * 1024 * 1024
# Requests with these methods have a length even without a body, because some servers refuse them otherwise (411).
_WITH_BODY = {"POST", "PUT", "PATCH"}
# An answer with a lower status is an interim one.
_FINAL = 200
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Probe:
    """Sends one request again and again, on one kept connection or on a fresh one each time; for one thread at a time.

    A fresh connection reuses nothing: no connection, no TLS session, no resolved name. HTTP/1.1 throughout, so that
    "kept connection" means the same for every target. `stopped` is asked while a request is in flight.
    """

    def __init__(
        self,
        request: Filled,
        connection: Connection,
        *,
        timeout_s: float = 30.0,
        stopped: Callable[[], object] = lambda: False,
    ) -> None:
        self._connection: Connection = connection
        self._redact = request.redact
        self._stopped = stopped
        self._tls = urlsplit(request.url).scheme == "https"
        self._body = io.BytesIO()
        self._head: list[bytes] = []
        # The times, in seconds from the start, of the lines that begin the head of an answer, also of an interim one.
        self._heads_at: list[float] = []
        self._started = 0.0
        self._curl = pycurl.Curl()
        self._set_request(request)
        self._set_connection(request, connection)
        self._curl.setopt(pycurl.TIMEOUT_MS, max(1, round(timeout_s * 1000)))
        self._curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, round(timeout_s * 1000)))
        self._curl.setopt(pycurl.NOSIGNAL, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._curl.close()

    def measure(self) -> Answer | None:
        """Send a request and give its answer; a failure has an `error`. None if it was stopped in flight."""
        self._body.seek(0)
        self._body.truncate()
        self._head.clear()
        self._heads_at.clear()
        self._started = time.perf_counter()
        try:
            self._curl.perform()
        except pycurl.error as failure:
            return None if failure.args[0] == pycurl.E_ABORTED_BY_CALLBACK else self._failed(failure)
        return self._answered()

    def _set_request(self, request: Filled) -> None:
        curl = self._curl
        curl.setopt(pycurl.URL, request.url)
        curl.setopt(pycurl.CUSTOMREQUEST, request.method)
        if request.method == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        # An empty "Expect:" keeps libcurl from asking for 100 Continue, which would be one more round trip.
        headers = ["Expect:"]
        if request.body is not None:
            curl.setopt(pycurl.POSTFIELDS, request.body)
            curl.setopt(pycurl.POSTFIELDSIZE, len(request.body))
        elif request.method in _WITH_BODY:
            headers.append("Content-Length: 0")
        headers += [f"{name}: {value}" if value else f"{name};" for name, value in request.headers]
        curl.setopt(pycurl.HTTPHEADER, [line.encode() for line in headers])
        curl.setopt(pycurl.USERAGENT, "scale-to-zero-compare")
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.MAXFILESIZE, LARGEST_ANSWER)
        curl.setopt(pycurl.WRITEDATA, self._body)
        curl.setopt(pycurl.HEADERFUNCTION, self._take_header)
        curl.setopt(pycurl.NOPROGRESS, 0)
        curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: 1 if self._stopped() else 0)

    def _take_header(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):
            self._heads_at.append(time.perf_counter() - self._started)
        self._head.append(line)

    def _set_connection(self, request: Filled, connection: Connection) -> None:
        curl = self._curl
        if connection == "fresh":
            curl.setopt(pycurl.FRESH_CONNECT, 1)
            curl.setopt(pycurl.FORBID_REUSE, 1)
            curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
            curl.setopt(pycurl.DNS_CACHE_TIMEOUT, 0)
        if urlsplit(request.url).hostname in _LOOPBACK:
            curl.setopt(pycurl.PROXY, "")
        authorities = _authorities()
        if self._tls and authorities:
            curl.setopt(pycurl.CAINFO, authorities)

    def _answered(self) -> Answer:
        headers = _headers(self._head, behind=int(bool(self._curl.getinfo(pycurl.HTTP_CONNECTCODE))))
        body = self._body.getvalue()
        status = int(self._curl.getinfo(pycurl.RESPONSE_CODE))
        return Answer(
            connection=self._connection,
            status=status,
            error=None if status >= _FINAL else "an interim answer, and no other after it",
            times=self._times(app_duration(headers.get("server-timing", ""))),
            headers=headers,
            body_sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            connects=int(self._curl.getinfo(pycurl.NUM_CONNECTS)),
        )

    def _failed(self, failure: pycurl.error) -> Answer:
        code, text = int(failure.args[0]), failure.args[-1]
        status = int(self._curl.getinfo(pycurl.RESPONSE_CODE)) or None
        return Answer(
            connection=self._connection,
            status=status,
            times=self._times(None),
            error=self._redact(_ERRORS.get(code) or f"{text or 'no answer'} (libcurl error {code})"),
            size=len(self._body.getvalue()),
            connects=int(self._curl.getinfo(pycurl.NUM_CONNECTS)),
        )

    def _times(self, app: float | None) -> Times:
        tls = self._ms(pycurl.APPCONNECT_TIME_T)
        return Times(
            name=self._ms(pycurl.NAMELOOKUP_TIME_T),
            connect=self._ms(pycurl.CONNECT_TIME_T),
            tls=tls if self._tls else None,
            first_byte=self._first_byte(),
            total=self._ms(pycurl.TOTAL_TIME_T),
            app=app,
        )

    def _first_byte(self) -> float:
        """Milliseconds to the first byte of the final answer; libcurl counts to that of an interim answer (1xx)."""
        interim = sum(status < _FINAL for status, _ in _blocks(self._head))
        if not interim:
            return self._ms(pycurl.STARTTRANSFER_TIME_T)
        if interim >= len(self._heads_at):
            return 0.0  # it never came
        return min(self._heads_at[interim] * 1000, self._ms(pycurl.TOTAL_TIME_T))

    def _ms(self, info: int) -> float:
        return int(self._curl.getinfo(info)) / 1000


# Texts that do not differ between failures of one kind, so that they can be counted; libcurl's own texts have
# addresses, ports and milliseconds.
_ERRORS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the host's name does not resolve",
    pycurl.E_COULDNT_CONNECT: "the connection is refused or does not come about",
    pycurl.E_OPERATION_TIMEDOUT: "no complete answer within the timeout",
    pycurl.E_GOT_NOTHING: "the connection was closed without an answer",
    pycurl.E_RECV_ERROR: "the connection broke while the answer was awaited",
    pycurl.E_SEND_ERROR: "the connection broke while the request was sent",
    pycurl.E_PARTIAL_FILE: "the answer broke off",
    pycurl.E_FILESIZE_EXCEEDED: f"the answer is larger than {LARGEST_ANSWER // 1024 // 1024} MiB",
    pycurl.E_UNSUPPORTED_PROTOCOL: "what came back is not HTTP",
    pycurl.E_FTP_WEIRD_SERVER_REPLY: "what came back is not HTTP",
}


def _headers(lines: list[bytes], behind: int = 0) -> dict[str, str]:
    """The headers of the answer itself, names in lower case, repeated ones joined.

    `lines` are the lines that libcurl calls headers. Before the answer come the heads of interim answers, and as many
    final heads of a proxy as `behind` says. After it come trailers, in any form (RFC 9110, 6.5: they are no header
    section). A line ends only at CR LF, so no byte of a value begins another line.
    """
    final = [fields for status, fields in _blocks(lines) if status >= _FINAL]
    block = final[behind] if behind < len(final) else []
    headers: dict[str, str] = {}
    for field in block:
        name, colon, value = field.partition(b":")
        if colon:
            key, text = name.strip(b" \t").lower().decode("latin-1"), value.strip(b" \t").decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _blocks(lines: list[bytes]) -> list[tuple[int, list[bytes]]]:
    """Status and fields of each head among `lines`. Lines after a head that have no status are left out."""
    blocks: list[tuple[int, list[bytes]]] = []
    is_open = False
    for line in b"".join(lines).split(b"\r\n"):
        if line.startswith(b"HTTP/") and not is_open:
            status = line.split(b" ")[1:2]
            blocks.append((int(status[0]) if status and status[0].isdigit() else 0, []))
            is_open = True
        elif not line:
            is_open = False
        elif is_open:
            blocks[-1][1].append(line)
    return blocks


def _authorities() -> str | None:
    """The file of certificate authorities to trust: the environment's, else the system's.

    pycurl's wheels look for it where the machine that built them has it, so libcurl is given the path.
    """
    asked = os.environ.get("SSL_CERT_FILE") or os.environ.get("CURL_CA_BUNDLE")
    paths = (
        asked,
        ssl.get_default_verify_paths().cafile,
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/cert.pem",
    )
    return next((path for path in paths if path and Path(path).is_file()), None)
