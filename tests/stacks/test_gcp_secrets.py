"""Who may read which secret on Google Cloud, through any number of `up`s, and the project that all of it is in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.gcp.secrets import distinct, reference
from stacks.releases import History
from tests.stacks.cloud import Cloud
from tests.stacks.graph import Graph, run, service
from tests.stacks.inline import InlineStack

MEMBER = "secretmanager/secretIamMember:SecretIamMember"
ACCOUNT = "serviceAccount:demo-gcp@my-project.iam.gserviceaccount.com"


def members(graph: Graph) -> dict[str, tuple[str, str]]:
    """The project and the secret of each right, by the program's name for it."""
    return {node.name: (node.inputs["project"], node.inputs["secretId"]) for node in graph.of(MEMBER)}


@pytest.mark.parametrize(
    ("place", "sent", "right"),
    [
        ("api-key", "api-key", ("my-project", "api-key")),
        ("projects/my-project/secrets/api-key", "api-key", ("my-project", "api-key")),
        ("projects/other/secrets/api-key", "projects/other/secrets/api-key", ("other", "api-key")),
        ("projects/987/secrets/api-key", "projects/987/secrets/api-key", ("987", "api-key")),
    ],
)
def test_the_right_is_in_the_secrets_own_project(
    place: str, sent: str, right: tuple[str, str], cloud: Cloud
) -> None:
    """Named as the provider reads it back, so that it is the same right in the next `up`."""
    cloud.kept = {sent}

    graph = run(service("gcp", secrets={"API_KEY": place}), cloud=cloud)

    assert list(members(graph).values()) == [right]
    assert cloud.bindings == {(*right, ACCOUNT)}


def test_one_secret_has_one_right_however_many_variables_hold_it(cloud: Cloud) -> None:
    """Written in two ways too; taking one variable away would else take the right of the others."""
    cloud.kept = {"api-key"}
    places = {"ONE": "api-key", "TWO": "projects/my-project/secrets/api-key", "THREE": "api-key"}

    graph = run(service("gcp", secrets=places), cloud=cloud)
    fewer = run(service("gcp", secrets={"TWO": places["TWO"]}), cloud=kept("api-key"))

    assert members(graph) == {"demo-gcp-my-project-api-key": ("my-project", "api-key")} == members(fewer)


def kept(*places: str) -> Cloud:
    """A cloud that holds these secrets."""
    cloud = Cloud()
    cloud.kept = set(places)
    return cloud


def test_a_secret_of_the_stack_that_is_named_too_has_one_right(cloud: Cloud) -> None:
    """Its own, which goes with it."""
    settings = {"secretValues": {"API_KEY": "x"}, "secrets": {"AGAIN": "demo-gcp-API_KEY"}}
    cloud.kept = {"demo-gcp-API_KEY"}

    graph = run(service("gcp", **settings), cloud=cloud)

    assert list(members(graph)) == ["demo-gcp-API_KEY"]


def test_secrets_are_told_apart_by_project_and_name() -> None:
    """Neither the order of the variables nor how a place is written matters."""
    places: Mapping[str, str] = {"A": "x", "B": "projects/other/secrets/x", "C": "projects/mine/secrets/x"}

    assert distinct(places, "mine") == [("mine", "x"), ("other", "x")]
    assert [reference(place, "mine") for place in places.values()] == ["x", "projects/other/secrets/x", "x"]


def test_a_right_that_changes_goes_before_the_new_one_comes(cloud: Cloud) -> None:
    """Both may be the same binding."""
    recorded = run(service("gcp", secrets={"ONE": "x"}), cloud=kept("x"))

    assert recorded.one(MEMBER).is_deleted_first


def test_rights_of_an_older_version_of_this_project_stay_once_more() -> None:
    """It had one for each variable. They are the same binding, and the engine takes away what is not asked for."""
    places = {"ONE": "x", "TWO": "projects/other/secrets/x"}
    cloud = kept("x", "projects/other/secrets/x")
    past = History("1", ({"version": "1", "digest": "sha256:1"},))

    graph = run(service("gcp", secrets=places), past=past, cloud=cloud)

    assert members(graph) == {
        "demo-gcp-my-project-x": ("my-project", "x"),
        "demo-gcp-other-x": ("other", "x"),
        "demo-gcp-ONE": ("my-project", "x"),
        "demo-gcp-TWO": ("other", "x"),
    }
    assert [node.name for node in graph.of(MEMBER) if node.retained] == ["demo-gcp-ONE", "demo-gcp-TWO"]


def test_a_project_that_cannot_be_read_stops_before_anything_is_made(cloud: Cloud) -> None:
    """The provider enables no API without it; the message has the first command."""
    cloud.enabled.discard("cloudresourcemanager.googleapis.com")

    with pytest.raises(
        pulumi.RunError, match=r"^gcp:project: 'my-project' cannot be read \(.*SERVICE_DISABLED"
    ) as told:
        run(service("gcp"), cloud=cloud)

    command = (
        "`gcloud services enable cloudresourcemanager.googleapis.com serviceusage.googleapis.com "
        "--project my-project`"
    )
    assert command in str(told.value)
    assert cloud.resources == {}


SECRETS = {
    "SHORT": "short",
    "TWICE": "projects/my-project/secrets/short",
    "OTHER": "projects/other/secrets/key",
    "NUMBER": "projects/987/secrets/key",
}


def test_rights_outlast_any_number_of_ups(
    new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """Nothing changes, the bindings stay; a variable less takes no right that another needs."""
    cloud.kept = {"short", "projects/other/secrets/key", "projects/987/secrets/key"}
    stack = new_inline_stack("gcp")
    stack.set(gcp__project="my-project")
    for variable, place in SECRETS.items():
        stack("config", "set", "--path", f"secrets.{variable}", place)
    stack.up()
    bindings = set(cloud.bindings)
    assert len(bindings) == 3

    for _ in range(3):
        stack.up("--expect-no-changes")
        assert cloud.bindings == bindings
    stack("config", "rm", "--path", "secrets.SHORT")
    stack.up()
    assert cloud.bindings == bindings

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.bindings) == ({}, set())


def test_rights_outlast_an_update_of_this_project(
    new_inline_stack: Callable[[str], InlineStack], cloud: Cloud, tmp_path: Path
) -> None:
    """From a state with a right for each variable, which are all the same; and it does not matter if an `up` fails."""
    stack = older(new_inline_stack("gcp"), cloud, tmp_path)
    bindings = set(cloud.bindings)
    cloud.refuse_next["docker-build:index:Image"] = "no space left"
    stack.change_app("second")

    stack.up(fails=True)
    assert cloud.bindings == bindings
    for _ in range(3):
        stack.up()
        assert cloud.bindings == bindings
    assert (
        len(cloud.of(f"gcp:{MEMBER}")) == 1 + 2
    )  # the state has forgotten two, which are there all the same
    stack("config", "rm", "--path", "secrets.SHORT")
    stack.up()
    assert cloud.bindings == bindings
    stack.up("--expect-no-changes")
    stack("config", "rm", "--path", "secrets.TWICE")
    stack.up()
    assert cloud.bindings == set()


def test_a_right_that_goes_with_a_variable_of_an_older_version_comes_back(
    new_inline_stack: Callable[[str], InlineStack], cloud: Cloud, tmp_path: Path
) -> None:
    """If the variable is removed together with the update of this project (docs/secrets.md)."""
    stack = older(new_inline_stack("gcp"), cloud, tmp_path)
    bindings = set(cloud.bindings)

    stack("config", "rm", "--path", "secrets.SHORT")
    stack.up()
    assert cloud.bindings == set()

    stack.up()
    assert cloud.bindings == bindings
    stack.up("--expect-no-changes")


def older(stack: InlineStack, cloud: Cloud, folder: Path) -> InlineStack:
    """The stack as an older version of this project left it, with one secret under two variables."""
    cloud.kept = {"short"}
    stack.set(gcp__project="my-project")
    for variable in ("SHORT", "TWICE"):
        stack("config", "set", "--path", f"secrets.{variable}", SECRETS[variable])
    stack.up()
    age(stack, cloud, folder / "older.json")
    return stack


def age(stack: InlineStack, cloud: Cloud, file: Path) -> None:
    """Give `stack` the state of an older version of this project: a right for each variable, and fewer outputs."""
    state: dict[str, Any] = json.loads(stack("stack", "export"))
    resources: list[dict[str, Any]] = state["deployment"]["resources"]
    (place, right), *_ = [(n, of) for n, of in enumerate(resources) if of["type"].endswith("SecretIamMember")]
    urns = [f"{right['urn'].rpartition('::')[0]}::scale-to-zero-gcp-{name}" for name in ("SHORT", "TWICE")]
    resources[place : place + 1] = [{**right, "urn": urn, "id": f"id-{urn[-5:]}"} for urn in urns]
    for resource in resources:
        if right["urn"] in resource.get("dependencies", ()):
            resource["dependencies"] = [*{*resource["dependencies"], *urns} - {right["urn"]}]
        resource.get("outputs", {}).pop("service", None)
    file.write_text(json.dumps(state), encoding="utf-8")
    stack("stack", "import", "--file", str(file))
    made = cloud.resources.pop((f"gcp:{MEMBER}", right["id"]))
    for urn in urns:
        cloud.resources[made.type, f"id-{urn[-5:]}"] = replace(made, id=f"id-{urn[-5:]}")
