"""Signed sessions and flashed messages."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Flask, flash, get_flashed_messages, session

app = Flask(__name__)
app.secret_key = "not a secret"


@app.get("/")
def index():
    session["count"] = session.get("count", 0) + 1
    session.setdefault("id", UUID(int=7))
    session.setdefault("when", datetime(2026, 1, 1, tzinfo=UTC))
    session.setdefault("pair", (1, b"two"))
    session.permanent = session["count"] > 2
    flash("seen", "info")
    return repr([dict(session), get_flashed_messages(with_categories=True)])


def observe():
    client = app.test_client()
    answers = [client.get("/") for _ in range(4)]
    with client.session_transaction() as kept:
        kept["count"] = 40
    answers.append(client.get("/"))
    client.set_cookie("session", "forged.by.someone")
    answers.append(client.get("/"))
    serializer = app.session_interface.get_signing_serializer(app)
    return (
        [[answer.get_data(as_text=True), "session=" in answer.headers["Set-Cookie"]] for answer in answers],
        serializer.loads(serializer.dumps({"a": 1})),
        "Expires" in answers[3].headers["Set-Cookie"],
    )
