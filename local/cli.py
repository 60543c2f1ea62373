"""The command line: `python -m local aws|gcp|apprunner|ecs` to a platform that runs in the foreground."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

import commandline
from local.run import run
from local.settings import HTTP_API, Settings, SettingsError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def emulate(  # noqa: PLR0913, PLR0917 - an argument an option
    platform: Annotated[
        str,
        typer.Argument(
            help="aws (Lambda with an HTTP API, or see --door), gcp (Cloud Run), apprunner or ecs (Express Mode)"
        ),
    ],
    port: Annotated[int, typer.Option(help="of 127.0.0.1; 0 is any free one")] = 8000,
    idle: Annotated[
        float | None,
        typer.Option(
            help="seconds until an idle instance goes, not on ecs; a few make cold starts easy to have"
        ),
    ] = None,
    minimum: Annotated[
        int | None,
        typer.Option("--min", help="instances that stay when idle; on ecs all the tasks there are"),
    ] = None,
    maximum: Annotated[
        int | None, typer.Option("--max", help="instances at most; on aws the concurrency, not on ecs")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="requests at once in one instance; 1 on aws, without a limit on ecs")
    ] = None,
    memory: Annotated[int, typer.Option(help="MB; a process is told of it, a container held to it")] = 512,
    timeout: Annotated[
        float | None,
        typer.Option(
            help="seconds: the function's on aws, a request's on gcp; 120 on apprunner, 60 of silence on ecs"
        ),
    ] = None,
    door: Annotated[
        str, typer.Option(help="http-api or function-url: what is in front of the function, on aws")
    ] = HTTP_API,
    gateway_timeout: Annotated[
        float | None, typer.Option(help="seconds: the HTTP API's integration timeout, on aws")
    ] = None,
    stream_rate: Annotated[
        float | None,
        typer.Option(
            help="MB a second of a response past its first 6 MB, with a function URL; 2, 0 for no limit"
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="process (entrypoint.sh), podman or docker (the image)")
    ] = "process",
    image: Annotated[str | None, typer.Option(help="with podman or docker: the image's name")] = None,
    engine_option: Annotated[
        list[str] | None, typer.Option(help="passed on to podman or docker run; may be repeated")
    ] = None,
    wsgi: Annotated[
        str | None, typer.Option("--app", help="APP=package.module:callable; the default is the image's own")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the instances; may be repeated")
    ] = None,
    jwt_issuer: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="on aws: requests need a token of this issuer; http on this machine alone"
        ),
    ] = None,
    jwt_audience: Annotated[
        str | None, typer.Option(metavar="NAME[,NAME]", help="on aws: whom the tokens are for")
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="a file for events and the instances' output, instead of standard error"),
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,  # noqa: FBT002 - a flag
) -> None:
    """Emulate a platform on this machine: its front end, and real instances of the app.

    Prints the URL, then a line for each event and for each line that an instance prints. Idle and starting times,
    limits and errors are the platform's own, from platforms/limits.toml; the speed is this machine's.
    """
    settings = Settings(
        port=port,
        idle_seconds=idle,
        minimum=minimum,
        maximum=maximum,
        concurrency=concurrency,
        memory=memory,
        timeout=timeout,
        door=door,
        gateway_timeout=gateway_timeout,
        stream_rate=stream_rate,
        engine=engine,
        engine_options=tuple(engine_option or ()),
        image=image,
        app=wsgi,
        environment=dict(_variable(text) for text in env or ()),
        jwt_issuer=jwt_issuer,
        jwt_audience=jwt_audience,
        log=log,
    )
    try:
        status = asyncio.run(run(platform, settings, with_parent=with_parent))
    except SettingsError as problem:
        if with_parent:  # which waits for the URL on standard output
            print(problem)
        raise
    raise typer.Exit(status)


def main() -> None:
    """Run the command line and exit with its status."""
    commandline.run(app, "local")


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise SettingsError(f"--env is {text!r}; expected NAME=VALUE")
    return name, value
