"""A project's own index of packages: asked in place of the usual one, and never besides it without a lock."""

import re
from pathlib import Path

import pytest
from pip._internal.models.index import PyPI

from appfolder.requirements import find
from appfolder.requirements.markers import RequirementsError

UV_PROJECT = '[project]\ndependencies = ["flask"]\n[[tool.uv.index]]\nurl = "{url}"\n'
POETRY_PROJECT = (
    '[tool.poetry.dependencies]\nflask = "*"\n[[tool.poetry.source]]\nname = "own"\nurl = "{url}"\n'
)
OWN, USUAL = "https://index.example/simple", PyPI.simple_url


@pytest.mark.parametrize(
    ("project", "lines"),
    [
        (UV_PROJECT.format(url=OWN) + "default = true\n", (f"--index-url {OWN}", "flask")),
        (UV_PROJECT.format(url=OWN) + "explicit = true\n", ("flask",)),
        (UV_PROJECT.format(url=USUAL), ("flask",)),
        (POETRY_PROJECT.format(url=OWN), (f"--index-url {OWN}", "flask")),
        (POETRY_PROJECT.format(url=OWN) + 'priority = "primary"\n', (f"--index-url {OWN}", "flask")),
        (POETRY_PROJECT.format(url=USUAL), ("flask",)),
    ],
)
def test_an_index_in_place_of_the_usual_one_is_asked(
    tmp_path: Path, project: str, lines: tuple[str, ...]
) -> None:
    (tmp_path / "pyproject.toml").write_text(project)

    assert find(tmp_path).lines == lines


@pytest.mark.parametrize(
    ("project", "said"),
    [
        (
            UV_PROJECT.format(url=OWN.replace("//", "//user:hunter2@")),
            f"({OWN}) in [[tool.uv.index]], and only a lock says what comes from it: type there uv lock",
        ),
        (
            POETRY_PROJECT.format(url=OWN) + 'priority = "supplemental"\n',
            f"({OWN}) in [[tool.poetry.source]], and only a lock says what comes from it: type there poetry lock",
        ),
    ],
)
def test_an_index_besides_the_usual_one_needs_a_lock(tmp_path: Path, project: str, said: str) -> None:
    """Of a name that both have, pip would take the newer one."""
    (tmp_path / "pyproject.toml").write_text(project)

    with pytest.raises(RequirementsError, match=re.escape(said)):
        find(tmp_path)
