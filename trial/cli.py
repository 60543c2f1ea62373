"""The trial's command line: what is going to happen and what it costs at most, a question, and then the trial."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import commandline
from commandline import UserError
from compare import options
from compare.units import seconds
from stacks.settings import Service
from trial import engine, stack
from trial import journal as journals
from trial.asking import Asker
from trial.bound import bound
from trial.bundle import versions
from trial.conduct import conduct
from trial.engine import Pulumi, show
from trial.journal import Journal
from trial.patience import Patience
from trial.steps import STEPS, Trial

MINUTES = 90

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command(cls=commandline.Command)
def trial(  # noqa: PLR0913, PLR0917 -- each is one option of the command line
    tried: Annotated[str, typer.Argument(metavar="STACK", help="a stack of this project, or a platform")],
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="one more setting of the trial's stack; repeatable"),
    ] = None,
    headers: options.Headers = None,
    path: options.UrlPath = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="where it is asked, instead of the stack's own URL")
    ] = None,
    wait: Annotated[
        str, typer.Option(metavar="DURATION", help="how long a new address may need until it answers")
    ] = "180s",
    minutes: Annotated[int, typer.Option(min=1, help="after which no step goes on")] = MINUTES,
    results: options.Results = Path("results"),
    clean_up: Annotated[  # noqa: FBT002 -- a flag
        bool, typer.Option("--clean-up", help="take away what an earlier trial left, and no more")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before anything is made")] = False,  # noqa: FBT002
) -> None:
    """Deploy STACK's settings as a stack of its own, ask it, change it, take it away, and bundle what happened."""
    name, settings = stack.own_name(tried), _pairs(config or [])
    request, asked_path = options.request_of(None, headers, None, None, path)
    asker = Asker(request, asked_path, seconds(wait, "--wait"), url, bool(headers))
    asker.secrets(os.environ)
    engine.refuse_without_sdks()
    with journals.alone(results, tried) as lock:
        pulumi = Pulumi(name, lock, show)
        begun = journals.unfinished(results, tried)
        if begun is None:
            begun = _begin(pulumi, results, tried, settings, minutes, is_left=clean_up)
        else:
            _go_on(pulumi, begun)
        if not (begun.steps or begun.cleaning or clean_up or yes or _is_wanted()):
            stack.remove(pulumi)
            begun.write("end", status=1)
            raise UserError("nothing was made", 1)
        can_ask = asker.has_headers or begun.head["access"] == "public"
        whole = Trial(pulumi, asker, begun, Patience(), can_ask)
        ending = conduct(whole, minutes, show, clean_up=clean_up)
    show(f"What happened, without secrets and account numbers, to be attached to a report: {ending.bundle}")
    raise typer.Exit(ending.status)


def main() -> None:
    """Run the command line and exit with its status."""
    commandline.run(app, "trial")


def _begin(
    pulumi: Pulumi, results: Path, tried: str, settings: dict[str, str], minutes: int, *, is_left: bool
) -> Journal:
    """Make the trial's stack and its record, and say what is going to happen; `is_left`: the stack is there."""
    left_out = list[str]() if is_left else stack.make(pulumi, tried, settings)
    try:
        service = stack.read(pulumi)
    except UserError:
        if not is_left:
            stack.remove(pulumi)
        raise
    journal = journals.begun(
        results,
        tried,
        own_stack=pulumi.stack,
        platform=service.platform,
        region=service.region,
        cloud_project=service.cloud_project,
        access=service.access,
        memory=service.memory,
        other_memory=stack.other_memory(service),
        left_out=left_out,
        versions=versions(pulumi),
    )
    if not is_left:
        _announce(service, journal, tried, minutes)
    return journal


def _announce(service: Service, journal: Journal, tried: str, minutes: int) -> None:
    own_stack = journal.head["own_stack"]
    show(f"Deploys what is in this folder as a stack of its own, {own_stack}, and takes it away again.")
    left_out = journal.head["left_out"]
    besides = f", but for {', '.join(left_out)}" if left_out else ""
    show(f"Settings: those of {tried}{besides}. Where: {service.platform} in {service.region}.")
    show(f"Steps: {', '.join(step.title for step in STEPS)}; then everything is taken away and looked for.")
    show(str(bound(service, minutes)))
    show("Ctrl-C ends it and takes everything away; a second one leaves that to the next `make trial`.")


def _go_on(pulumi: Pulumi, journal: Journal) -> None:
    """Go on with a trial that was ended in between. Its lock is ours, so no Pulumi of it runs any more."""
    done = ", ".join(journal.steps) or "nothing"
    show(f"Goes on with the trial of {journal.head['at']}; done are: {done}. Its record: {journal.folder}")
    pulumi.do("cancel", "--yes", "--stack", pulumi.stack, may_fail=True)


def _is_wanted() -> bool:
    """Ask the user whether to go on. UserError if nobody is there."""
    if not sys.stdin.isatty():
        raise UserError("nobody is there to be asked whether to go on; ARGS=--yes says so")
    return typer.confirm("Go on?")


def _pairs(config: list[str]) -> dict[str, str]:
    pairs = dict[str, str]()
    for text in config:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UserError(f"--config is {text!r}; it is written KEY=VALUE, such as gcp:project=my-project")
        pairs[key] = value
    return pairs
