"""What the pages show is true: commands run and print what is shown, names exist, links lead somewhere."""

from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import pytest

from local.instances.ports import free_port
from tests.docs.commands import make_targets, missing, named_ports, run, running, with_ports, workspace
from tests.docs.documents import (
    FOREGROUND,
    ROOT,
    Block,
    Command,
    PageError,
    agree,
    anchors,
    blocks,
    inline_commands,
    links,
    name_of,
    pages,
    shape,
)

PAGES = {name_of(page): page.read_text(encoding="utf-8") for page in pages()}


def followed(name: str) -> list[Block]:
    """A page's blocks, or none where it breaks the convention, which a test of its own says."""
    try:
        return blocks(PAGES[name], name)
    except PageError:
        return []


BLOCKS = [block for name in PAGES for block in followed(name)]
RUN = [block for block in BLOCKS if block.mark in (None, FOREGROUND)]
# The blocks of a section with a server are run one after the other, as a reader would, so that it starts once.
_SECTIONS = [list(each) for _, each in groupby(RUN, lambda block: (block.page, block.section))]
TOGETHER = [
    blocks
    for section in _SECTIONS
    for blocks in (
        [section] if any(block.mark == FOREGROUND for block in section) else [[block] for block in section]
    )
]
NOT_RUN = [block for block in BLOCKS if block.mark not in (None, FOREGROUND)]


@pytest.fixture(scope="session")
def prepared(processes: None) -> None:
    """What `make` sets up once, so that it does not say so in the middle of an output."""
    status, printed = run("make .venv/compare .venv/dev", ROOT, 600)
    assert status == 0, printed


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_its_commands_in_blocks_that_are_checked(name: str) -> None:
    blocks(PAGES[name], name)


@pytest.mark.parametrize(
    "together", TOGETHER, ids=lambda each: f"{each[0].page}:{'+'.join(str(block.line) for block in each)}"
)
@pytest.mark.usefixtures("prepared")
def test_a_command_prints_what_its_page_shows(together: list[Block], tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    servers = [block for block in together if block.mark == FOREGROUND]
    ports = {port: str(free_port()) for server in servers for port in named_ports(server.commands)}
    with ExitStack() as stack:
        for block in together:
            for command in with_ports(block, ports):
                if block.mark == FOREGROUND:
                    stack.enter_context(running(command, folder))
                else:
                    expect(block, command, folder)


def expect(block: Block, command: Command, folder: Path) -> None:
    """Run a command of the block to its end, which prints what the page shows."""
    status, printed = run(command.text, folder)
    output = "\n".join(printed)
    assert status == 0, f"{block}: {command.text}\nended with {status}:\n{output}"
    if command.shown:
        assert agree(command.shown, printed), (
            f"{block}: {command.text}\nprinted:\n{output}\nnot in the shape of:\n"
            + "\n".join(map(shape, command.shown))
        )


@pytest.mark.parametrize("block", NOT_RUN, ids=str)
def test_what_a_command_names_exists_where_it_cannot_be_run(block: Block) -> None:
    assert [problem for command in block.commands for problem in missing(command.text)] == []


@pytest.mark.parametrize("name", PAGES)
def test_what_a_command_in_a_sentence_names_exists(name: str) -> None:
    assert [problem for text in inline_commands(PAGES[name]) for problem in missing(text)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_within_the_repository_leads_to_a_file_and_heading(name: str) -> None:
    page = ROOT / name
    dead: list[str] = []
    for link in links(PAGES[name]):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            dead.append(link)

    assert dead == []


@pytest.mark.process
def test_every_make_target_has_a_help_text_which_make_help_shows() -> None:
    status, printed = run("make help", ROOT)

    assert status == 0
    assert [target for target, text in make_targets().items() if not text] == []
    assert {tuple(line.split(maxsplit=2)[1:]) for line in printed} == set(make_targets().items())
