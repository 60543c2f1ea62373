"""Notes in a PostgreSQL that may scale to zero too: `GET /notes`, `POST /notes {"text": ...}`.

`flask --app examples.database_app create-table` makes the table.
"""

from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request

from examples.postgres import transaction

app = Flask(__name__)


@app.get("/notes")
def notes() -> list[str]:
    def read(connection: psycopg.Connection[Any]) -> list[str]:
        return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY id")]

    return transaction(read, writes=False)


@app.post("/notes")
def add() -> tuple[dict[str, Any], int]:
    text = request.get_json()["text"]

    def write(connection: psycopg.Connection[Any]) -> int:
        row = connection.execute("INSERT INTO notes (text) VALUES (%s) RETURNING id", [text]).fetchone()
        return row[0] if row else 0

    return {"id": transaction(write)}, 201


@app.get("/health")
def health() -> dict[str, str]:
    # The health check does not ask the database: App Runner checks every few seconds, and would keep it awake.
    return {"status": "ok"}


@app.errorhandler(psycopg.OperationalError)
def no_database(error: psycopg.OperationalError) -> Response:
    app.logger.error("The database cannot be used: %s", error)
    response = jsonify(error="Service Unavailable", message="The database does not answer; try again")
    response.status_code = 503
    response.headers["Retry-After"] = "10"
    return response


@app.cli.command("create-table")
def create_table() -> None:
    """Make the table, if there is none."""
    table = "CREATE TABLE IF NOT EXISTS notes (id bigserial PRIMARY KEY, text text NOT NULL)"
    transaction(lambda connection: connection.execute(table))
