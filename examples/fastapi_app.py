"""The two routes in FastAPI, with a lifespan that the first route shows."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from pydantic import BaseModel


class Message(BaseModel):
    message: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[dict[str, str]]:
    print("lifespan started", flush=True)
    yield {"greeting": "Hello from FastAPI!"}
    print("lifespan ended", flush=True)


app = FastAPI(lifespan=lifespan)


@app.get("/hello")
async def hello(request: Request) -> dict[str, str]:
    return {"message": request.state.greeting}


@app.post("/echo")
def echo(message: Message) -> dict[str, str]:
    return {"reversed": message.message[::-1]}
