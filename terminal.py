"""The terminal on which a command line draws, without what foreign texts could do to it.

It is apart from commandline.py because an emulator draws nothing, and rich is a tenth of its start.
"""

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult

from usererror import printable

WIDTH = 120
"""Columns of what is written to a file or a pipe: as many as the widest table needs."""


class Printable:
    """Something that rich draws, with its texts `printable`."""

    def __init__(self, drawn: RenderableType) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich."""
        for segment in console.render(self._drawn, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


class _PrintableHook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [Printable(each) for each in renderables]


class _Console(Console):
    """A console that raises an error if its reader has gone, so that its caller decides what to do."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 -- called while the error is handled


def console() -> Console:
    """The terminal; for a file or a pipe WIDTH columns without highlights. All that it prints is `printable`."""
    console_made = _Console(highlight=False, emoji=False)
    if not console_made.is_terminal:
        console_made = _Console(width=WIDTH, highlight=False, emoji=False)
    console_made.push_render_hook(_PrintableHook())
    return console_made
