"""What instances of one snapshot share and should not: each planted fault is told, and nothing else."""

import socket
from pathlib import Path

import pytest

from local.settings import Settings, SettingsError
from local.uniqueness import Fault, faults, shared

HERE = "tests.local.planted"
ID = "an id that the start makes; every instance of a snapshot has the same"
TEXT = "a text (such as an id or a token) that the start makes; every instance of a snapshot has the same"
DICE = "a random generator that the start makes; every instance of a snapshot has the same"
TIME = "a time that the start makes; every instance of a snapshot has the same"
PLANTED = [
    Fault(f"{HERE}:CLIENT.id", TEXT),
    Fault(f"{HERE}:DICE", DICE),
    Fault(f"{HERE}:TOKENS['session']", TEXT),
    Fault(f"{HERE}:born", TIME),
    Fault(f"{HERE}:instance", ID),
    Fault(f"{HERE}:started", TIME),
    Fault(f"{HERE}:text", TEXT),
]


def found(app: str, **variables: str) -> list[Fault]:
    """The faults of an app of tests/local/planted.py, in order."""
    return sorted(shared(f"{HERE}:{app}", Settings(environment=variables)), key=str)


def test_each_planted_fault_is_told_and_no_constant(processes: None) -> None:
    assert found("app") == PLANTED


def test_what_a_hook_makes_anew_is_no_fault(processes: None) -> None:
    assert found("renewed()") == []


def test_a_key_within_an_app_that_a_factory_makes_is_found_by_its_way_there(processes: None) -> None:
    [key] = [fault for fault in found("create_app()") if fault not in PLANTED]

    assert key.place.endswith(".config['SECRET_KEY']")
    assert key.what == TEXT


def test_a_connection_that_the_import_opened_is_told_with_its_other_end(processes: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = f"127.0.0.1:{server.getsockname()[1]}"

        assert [fault for fault in found("connected()", PEER=peer) if not fault.place] == [
            Fault(
                "",
                f"a connection to {peer} that the import opened; it is dead in every instance of a snapshot",
            )
        ]


def test_numpys_generators_are_told_unless_they_are_seeded(processes: None) -> None:
    pytest.importorskip("numpy")

    assert [fault for fault in found("numbered()") if fault not in PLANTED] == [
        Fault(f"{HERE}:GENERATORS['{name}']", DICE) for name in ("bare", "new", "old")
    ]


def test_ids_are_found_in_every_collection(processes: None) -> None:
    made = "that the start makes; every instance of a snapshot has the same"

    assert [fault for fault in found("collected()") if fault not in PLANTED] == [
        Fault(f"{HERE}:KEPT['count']", f"a counter {made}"),
        Fault(f"{HERE}:KEPT['frozen']", f"a set {made}"),
        Fault(f"{HERE}:KEPT['queue'][0]", TEXT),
        Fault(f"{HERE}:KEPT['set']", f"a set {made}"),
    ]


def test_what_instances_may_share_is_not_told(processes: None, tmp_path: Path) -> None:
    """Each has the same process and threads on Lambda, and a copy of the files."""
    assert found("harmless()", TMPDIR=str(tmp_path)) == PLANTED


@pytest.mark.parametrize("app", ["app:create_app()", "examples.snapstart_app:app"])
def test_the_shipped_app_and_the_example_share_nothing(processes: None, app: str) -> None:
    assert shared(app) == []


def test_an_app_that_cannot_be_published_or_restored_is_an_error_of_one_line(processes: None) -> None:
    with pytest.raises(SettingsError, match=r"^publishing a version with SnapStart failed: "):
        shared("tests.local.apps:broken()")
    with pytest.raises(SettingsError, match=r"^no instance can be restored: Runtime\.AfterRestoreError "):
        shared("tests.local.snapshots:fails_after()", Settings(environment={"MARK": "/"}))


def test_only_what_two_of_one_snapshot_have_and_another_has_not_is_a_fault() -> None:
    one, two, same = ["an id", "1"], ["an id", "2"], ["a number", "3"]
    first = {"values": {"both": one, "own": one, "always": same, "gone": one}, "connections": []}
    second = {"values": {"both": one, "own": two, "always": same, "gone": one}, "connections": []}
    other = {"values": {"both": two, "own": two, "always": same}, "connections": []}

    assert faults([first, second], other) == [Fault("both", ID)]


def test_the_names_in_pydantics_schemas_are_no_fault() -> None:
    """They are addresses of classes, some dozens in every app of FastAPI."""
    places = [
        *(
            "app.main:app.routes[0].response_field._type_adapter.core_schema['ref']",
            "shop:Order.__pydantic_core_schema__",
        ),
        *("shop:core_schema_id", "shop:settings.secret"),
    ]
    first, other = (
        {"values": {place: [ID, digest] for place in places}, "connections": []} for digest in "ab"
    )

    assert [fault.place for fault in faults([first, first], other)] == [
        "shop:core_schema_id",
        "shop:settings.secret",
    ]
