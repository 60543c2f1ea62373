"""The smallest app: JSON in and out."""

from flask import Flask, request

app = Flask(__name__)


@app.get("/hello")
def hello():
    return {"message": "Hello"}


@app.post("/echo")
def echo():
    return {"got": request.get_json()}


def observe():
    client = app.test_client()
    answers = [client.get("/hello"), client.post("/echo", json={"a": [1, None]}), client.get("/none")]
    return [[each.status, sorted(each.headers), each.get_data(as_text=True)] for each in answers]
