"""Hashed passwords and signed tokens, by the libraries that Flask brings."""

from flask import Flask
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.security import check_password_hash, generate_password_hash, safe_join

app = Flask(__name__)


def observe():
    tokens = URLSafeTimedSerializer("key", "salt")
    hashes = [generate_password_hash("p", method) for method in ("scrypt:1024:8:1", "pbkdf2:sha256:10")]
    try:
        tokens.loads(tokens.dumps(1) + "x")
    except BadSignature as error:
        refused = type(error).__name__
    return (
        [check_password_hash(each, "p") for each in hashes]
        + [check_password_hash(each, "q") for each in hashes],
        tokens.loads(tokens.dumps({"a": 1})),
        refused,
        safe_join("/a", "../b"),
    )
