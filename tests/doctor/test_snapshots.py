"""What instances of a snapshot share is said in a few lines, the app's own values first."""

from pathlib import Path

from doctor.snapshots import told
from local.uniqueness import Fault


def test_the_apps_own_values_come_first_and_those_of_libraries_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "shop.py").touch()
    (tmp_path / "src" / "stock").mkdir(parents=True)
    own = [Fault(f"shop:A{number}", "an id") for number in range(2)]
    own += [
        Fault("stock.ids:B", "an id"),
        Fault("stock.ids:C", "an id"),
        Fault("", "a connection to db:5432"),
    ]
    libraries = [Fault(f"pydantic.fields:F{number}", "a text") for number in range(20)] + [
        Fault("jinja2.env:X", "a text")
    ]

    texts = [finding.text for finding in told([*libraries, *own], tmp_path)]

    begin = "with SnapStart (docs/snapstart.md): "
    assert texts == [
        f"{begin}shop:A0: an id",
        f"{begin}shop:A1: an id",
        f"{begin}stock.ids:B: an id",
        f"{begin}2 more values of the app are the same; local.uniqueness.shared() lists them",
        (
            f"{begin}every instance of a snapshot has the same 21 values of libraries (pydantic, jinja2): is there "
            "one that is to be an instance's own? local.uniqueness.shared() lists them"
        ),
    ]


def test_a_single_value_of_a_library_is_said_so(tmp_path: Path) -> None:
    [finding] = told([Fault("pydantic.fields:F", "a text")], tmp_path)

    assert "has the same value of libraries (pydantic): is there one" in finding.text


def test_nothing_shared_is_nothing_told(tmp_path: Path) -> None:
    assert list(told([], tmp_path)) == []
