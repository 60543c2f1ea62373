"""The two routes in Bottle."""

from bottle import Bottle, request

app = Bottle()


@app.get("/hello")
def hello() -> dict[str, str]:
    return {"message": "Hello from Bottle!"}


@app.post("/echo")
def echo() -> dict[str, str]:
    return {"reversed": request.json["message"][::-1]}
