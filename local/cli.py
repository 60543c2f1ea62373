"""The command line: `python -m local aws|gcp|apprunner|ecs` to a platform that runs in the foreground."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import commandline
from appfolder import environment
from appfolder import settings as appfolder
from commandline import UserError, printable
from local.doors import HTTP_API, PUBLIC
from local.run import run
from local.settings import Settings, SettingsError, behaviour, require_engine

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(cls=commandline.Command)
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
            help="seconds until an idle instance ends, not on ecs; a few seconds give many cold starts"
        ),
    ] = None,
    minimum: Annotated[
        int | None,
        typer.Option(
            "--min",
            help="instances that stay when idle; on aws provisioned concurrency, on ecs all the tasks",
        ),
    ] = None,
    maximum: Annotated[
        int | None, typer.Option("--max", help="instances at most; on aws the concurrency, not on ecs")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="requests at once in one instance; 1 on aws, without a limit on ecs")
    ] = None,
    memory: Annotated[
        int, typer.Option(help="MB; a container is held to it, a process only knows the number")
    ] = 512,
    timeout: Annotated[
        float | None,
        typer.Option(
            help="seconds: the function's on aws, a request's on gcp; 120 on apprunner, 60 of silence on ecs"
        ),
    ] = None,
    door: Annotated[
        str, typer.Option(help="http-api or function-url: what is in front of the function, on aws")
    ] = HTTP_API,
    access: Annotated[
        str,
        typer.Option(
            help="public, or private on aws: requests signed with the environment's AWS_ACCESS_KEY_ID and secret"
        ),
    ] = PUBLIC,
    gateway_timeout: Annotated[
        float | None, typer.Option(help="seconds: the HTTP API's integration timeout, on aws")
    ] = None,
    stream_rate: Annotated[
        float | None,
        typer.Option(
            help="MB a second of a response past its first 6 MB, with a function URL; 2, 0 for no limit"
        ),
    ] = None,
    snapstart: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option("--snapstart", help="on aws: instances are restored from one that has been initialised"),
    ] = False,
    engine: Annotated[
        str, typer.Option(help="process (entrypoint.sh), podman or docker (the image)")
    ] = "process",
    image: Annotated[str | None, typer.Option(help="with podman or docker: the image's name")] = None,
    engine_option: Annotated[
        list[str] | None, typer.Option(help="passed on to podman or docker run; may be repeated")
    ] = None,
    wsgi: Annotated[
        str, typer.Option("--app", help="package.module:callable [app.toml's]", show_default=False)
    ] = "",
    app_dir: Annotated[
        str, typer.Option(metavar="FOLDER", help="where it runs [app.toml's]", show_default=False)
    ] = "",
    python: Annotated[
        Path | None,
        typer.Option(
            help="a Python that has what the app imports [an environment of its requirements]",
            show_default=False,
        ),
    ] = None,
    health: Annotated[
        str | None,
        typer.Option(metavar="PATH", help='answers 200; "" for none [app.toml\'s]', show_default=False),
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the instances; may be repeated")
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option(help="a file of such lines, for secrets [app.toml's]", show_default=False),
    ] = None,
    jwt_issuer: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="on aws: requests need a token of this issuer; http on this machine alone"
        ),
    ] = None,
    jwt_audience: Annotated[
        str | None, typer.Option(metavar="NAME[,NAME]", help="on aws: the audience of the tokens")
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
        access=access,
        gateway_timeout=gateway_timeout,
        stream_rate=stream_rate,
        snapstart=snapstart,
        engine=engine,
        engine_options=tuple(engine_option or ()),
        image=image,
        environment=dict(_variable(text) for text in env or ()),
        jwt_issuer=jwt_issuer,
        jwt_audience=jwt_audience,
        log=log,
    )
    try:
        # Wrong settings are refused before the app's environment is made, which takes a while.
        behaviour(platform, settings)
        require_engine(platform, settings)
        chosen = _of_the_app(settings, app_dir, wsgi, python, health, env_file)
        status = asyncio.run(run(platform, chosen, with_parent=with_parent))
    except UserError as problem:
        if with_parent:  # which waits for the URL on standard output, and says itself what is wrong
            print(problem)
            raise typer.Exit(problem.status) from None
        raise
    raise typer.Exit(status)


def _of_the_app(
    settings: Settings, folder: str, spec: str, python: Path | None, health: str | None, env_file: Path | None
) -> Settings:
    """`settings` with the app of the options, else of app.toml. Its environment is made if it is not there."""
    app = appfolder.read(os.environ, folder, spec, base=Path.cwd())
    is_process = settings.engine == "process"
    if is_process and python is None:
        python = environment.python(app, os.environ, lambda text: print(printable(text), file=sys.stderr))
    return replace(
        settings,
        # The image's build has decided which app it serves, unless an option names another.
        app=app.spec if is_process else spec or None,
        app_dir=app.folder,
        python=python,
        health=app.health if health is None else health,
        env_file=env_file or app.env_file,
    )


def main() -> None:
    """Run the command line and exit with its status."""
    commandline.run(app, "local")


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise SettingsError(f"--env is {text!r}; expected NAME=VALUE")
    return name, value
