"""The notes of database_app.py by SQLAlchemy: the same patient connections, in its own pools."""

from typing import Any

from flask import Flask, request
from sqlalchemy import NullPool, create_engine, text

from examples.postgres import KEEP, connect

# A kept connection is tried before each use (pre_ping), because SQLAlchemy does not do a transaction again.
pool: dict[str, Any] = {"pool_pre_ping": True, "pool_use_lifo": True} if KEEP else {"poolclass": NullPool}
engine = create_engine("postgresql+psycopg://", creator=connect, **pool)

app = Flask(__name__)


@app.get("/notes")
def notes() -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT text FROM notes ORDER BY id")))


@app.post("/notes")
def add() -> tuple[dict[str, Any], int]:
    query = text("INSERT INTO notes (text) VALUES (:text) RETURNING id")
    with engine.begin() as connection:
        return {"id": connection.scalar(query, request.get_json())}, 201
