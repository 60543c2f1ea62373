"""`python -m doctor`: a line for each thing in app.toml's app that would not work; 1 if something would not work."""

import os
import shutil
import sys
from typing import Annotated

import typer

import commandline
from appfolder import settings
from doctor.checks import Engine, check, engine_here
from usererror import UserError, printable

_SIGNS = {"stops": "does not work", "differs": "differs", "note": "note"}
app = typer.Typer(add_completion=False)


@app.command(cls=commandline.Command)
def doctor(
    engine: Annotated[
        str | None,
        typer.Option(help="docker, podman, or none [whichever answers]", show_default=False),
    ] = None,
    image: Annotated[str, typer.Option(help="one that is built already", show_default=False)] = "",
    build_option: Annotated[
        list[str] | None, typer.Option(help="passed on to the engine's build; may be repeated")
    ] = None,
    engine_option: Annotated[
        list[str] | None, typer.Option(help="passed on to the engine's run; may be repeated")
    ] = None,
) -> None:
    """Start the app of app.toml as the platforms do, and print a line for each thing that would not work, and where.

    Ends with 1 if something would not work.
    """
    chosen = settings.read(os.environ)
    name = engine_here() if engine is None else "" if engine == "none" else engine
    if name and shutil.which(name) is None:
        raise UserError(f"--engine is {name!r}, which is not on PATH; it is docker, podman, or none")
    contained = Engine(name, build_option or (), engine_option or (), image) if name else None
    how = f"and in a container of its image ({name})" if name else "which may write where a platform may not"
    print(printable(f"{chosen.spec} in {chosen.folder}, by processes of this machine, {how}:"), flush=True)
    kinds = list[str]()
    for finding in check(chosen, contained, lambda text: print(printable(f"  {text}"), file=sys.stderr)):
        kinds.append(finding.kind)
        print(printable(f"  {_SIGNS[finding.kind]}: {finding.text}"), flush=True)
    if not kinds:
        print("  nothing found: both doors start it and answer alike")
    raise typer.Exit(1 if "stops" in kinds else 0)


if __name__ == "__main__":
    commandline.run(app, "doctor", needs_arguments=False)
