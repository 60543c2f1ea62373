"""Parameter Store on loopback: it checks each signature as AWS's own client makes it, and answers from moto."""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto import mock_aws

REGION, KEY, SECRET, TOKEN = "eu-west-1", "AKIATEST", "a secret key", "a session token"
# How Lambda tells the door who it is.
IDENTITY = {
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": TOKEN,
}
BORROWED = "/aws/reference/secretsmanager/"


class Store(ThreadingHTTPServer):
    """Keeps `parameters` (each value a version) and `secrets`; gives `troubles`, each (status, body), first."""

    daemon_threads = True

    def __init__(self) -> None:
        self.troubles: list[tuple[int, Mapping[str, str]]] = []
        self.asked: list[list[str]] = []
        self.silent = threading.Event()
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def keys(self) -> dict[str, str]:
        """How Lambda tells the door of a snapshot who it is."""
        return {
            "AWS_REGION": REGION,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "the token",
        }


@contextmanager
def parameter_store(
    parameters: Mapping[str, list[str]], secrets: Mapping[str, str] | None = None
) -> Generator[Store]:
    identity = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": REGION}
    with mock_aws(config={"core": {"mock_credentials": False}}), Store() as store:
        session: Any = boto3.Session(**identity)
        ssm, manager = session.client("ssm"), session.client("secretsmanager")
        for name, values in parameters.items():
            for value in values:
                ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        for name, value in (secrets or {}).items():
            manager.create_secret(Name=name, SecretString=value)
        store.ssm = ssm  # pyright: ignore[reportAttributeAccessIssue]
        thread = threading.Thread(target=store.serve_forever, daemon=True)
        thread.start()
        yield store
        store.over.set()
        store.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Keys for who has the token, as Lambda gives them to an instance of SnapStart."""
        if (self.path, self.headers["authorization"]) != ("/credentials", "the token"):
            self._answer(403, {"message": "who are you?"})
            return
        self._answer(200, {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": TOKEN})

    def do_POST(self) -> None:
        store: Any = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        if store.silent.is_set():
            store.over.wait(60)
            return
        if store.troubles:
            self._answer(*store.troubles.pop(0))
        elif not self._is_signed(store.url, body):
            self._answer(400, {"__type": "InvalidSignatureException", "message": "it does not match"})
        else:
            self._answer(200, self._parameters(store, json.loads(body)))

    def _parameters(self, store: Any, question: Mapping[str, Any]) -> dict[str, Any]:
        store.asked.append(question["Names"])
        answer = store.ssm.get_parameters(**question)
        for entry in answer["Parameters"]:
            # AWS tells what is borrowed from Secrets Manager by the name that was asked for, moto by the bare one.
            if BORROWED + entry["Name"] in question["Names"]:
                entry["Name"] = BORROWED + entry["Name"]
        return {key: answer[key] for key in ("Parameters", "InvalidParameters")}

    def _is_signed(self, url: str, body: bytes) -> bool:
        signed = self.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        request = AWSRequest("POST", f"{url}/", {name: self.headers[name] for name in signed}, body)
        request.context["timestamp"] = self.headers["x-amz-date"]
        auth = SigV4Auth(Credentials(KEY, SECRET), "ssm", REGION)
        text = auth.string_to_sign(request, auth.canonical_request(request))
        return self.headers["authorization"].endswith(f"Signature={auth.signature(text, request)}")

    def _answer(self, status: int, body: Mapping[str, Any]) -> None:
        data = json.dumps(body, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
