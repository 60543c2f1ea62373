"""Forms and uploads: small ones, which stay in memory, and one that goes to a file."""

from io import BytesIO

from flask import Flask, request
from werkzeug.utils import secure_filename

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 3_000_000


@app.post("/")
def form():
    files = [
        [
            name,
            secure_filename(file.filename),
            file.content_type,
            len(file.read()),
            type(file.stream).__name__,
        ]
        for name, file in request.files.items(multi=True)
    ]
    return {"form": request.form.to_dict(flat=False), "files": files}


def observe():
    client = app.test_client()
    small, large = (BytesIO(b"abc"), "../é a.txt"), (BytesIO(b"x" * 1_000_000), "large.bin")
    answers = [
        client.post("/", data={"a": ["1", "2"], "b": "ü"}),
        client.post("/", data={"a": "1", "file": small}),
        client.post("/", data={"file": large}),
        client.post("/", data={"file": (BytesIO(b"x" * 3_000_001), "too-large.bin")}),
        client.post("/", data="--b\r\nbroken", content_type="multipart/form-data; boundary=b"),
    ]
    return [[answer.status, answer.get_data(as_text=True)] for answer in answers]
