"""Streams, files with ranges and conditions, static files."""

from pathlib import Path

from flask import Flask, Response, request, send_file, stream_with_context

app = Flask(__name__, static_folder="files")


@app.get("/stream")
def stream():
    return Response(
        stream_with_context(f"{request.path}{number}\n" for number in range(3)), mimetype="text/plain"
    )


@app.get("/file")
def file():
    return send_file(
        Path(__file__), etag="e", last_modified=1_700_000_000, download_name="ä.py", as_attachment=True
    )


def observe():
    client = app.test_client()
    first = client.get("/file")
    answers = [
        client.get("/stream"),
        first,
        client.get("/file", headers={"If-None-Match": first.headers["ETag"]}),
        client.get("/file", headers={"If-Modified-Since": first.headers["Last-Modified"]}),
        client.get("/file", headers={"Range": "bytes=0-9"}),
        client.get("/file", headers={"Range": "bytes=999999-"}),
        client.get("/static/page.html"),
        client.get("/static/../hello.py"),
    ]
    return [
        [each.status, each.get_data(as_text=True)[:50], {k: v for k, v in each.headers if k != "Date"}]
        for each in answers
    ]
