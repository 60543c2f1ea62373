"""A cloud in memory: it keeps what is created, answers as AWS and Google do, and refuses what they refuse."""

import hashlib
import importlib
import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

Inputs = Mapping[str, Any]
IMAGE = "docker-build:index:Image"
ACCOUNT = "123456789012"
HELD_S = 300  # the longest that a creation or change waits for a test


class RefusedError(Exception):
    """What a cloud answers to a request that it does not carry out."""


@dataclass
class Resource:
    """One resource as it stands: its type token, the program's name for it, its physical id, inputs and outputs."""

    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])


class UnreadyError(RefusedError):
    """A resource was made and did not become ready, so that the provider has an id and an error."""

    def __init__(self, resource: Resource) -> None:
        """`resource` is there, as it then is."""
        super().__init__(f"{resource.type} did not become ready")
        self.resource = resource


def nothing(_cloud: "Cloud", _resource: Resource) -> None:
    """A deletion that needs no word."""


def no_outputs(_cloud: "Cloud", _resource: Resource, _before: Resource | None) -> dict[str, Any]:
    """A resource that tells nothing beyond its inputs."""
    return {}


def no_import(resource: Resource) -> str:
    """A resource that an import knows by its id."""
    return resource.id


@dataclass(frozen=True)
class Kind:
    """How a type of resource behaves: outputs of a creation or change, what a change replaces, what deleting checks."""

    outputs: Callable[["Cloud", Resource, Resource | None], dict[str, Any]] = no_outputs
    replaces: frozenset[str] = frozenset()
    deleting: Callable[["Cloud", Resource], None] = nothing
    # Inputs that differ in every run, such as a password, and are no change.
    ignores: frozenset[str] = frozenset()
    # Outputs that nobody knows before a change is made.
    after_change: frozenset[str] = frozenset()
    # What an import takes for a resource, besides its id.
    imported_by: Callable[[Resource], str] = no_import
    # Outputs of one that was made and did not become ready.
    unready: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # Whether a resource that was made is still there, if another one may have taken it away.
    is_there: Callable[["Cloud", Resource], bool] = lambda _cloud, _resource: True
    # The input that holds the physical name, where the name is also the id.
    named_by: str = ""


@dataclass
class Hold:
    """Stops a creation or change: `reached` says that it is there, `go` lets it go on. after: when it is made."""

    after: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


class Cloud:
    """Everything that exists, in both clouds and in their registries."""

    def __init__(self) -> None:
        """Start empty."""
        self.resources: dict[tuple[str, str], Resource] = {}
        self.images: dict[str, dict[str, str]] = {}  # repository to tag to digest
        self.versions: dict[str, list[str]] = {}  # function or service to its versions or revisions
        self.earlier: list[str] = []  # versions that a new function or service already has
        self.enabled = {  # Google's APIs, which stay enabled
            *("cloudresourcemanager.googleapis.com", "dns.googleapis.com", "serviceusage.googleapis.com")
        }
        self.switched_on: dict[
            tuple[str, str], Resource
        ] = {}  # APIs whose resource is deleted, and which stay on
        self.bindings: set[tuple[str, str, str]] = set()  # project, secret and who may read it
        self.kept: set[str] = set()  # names and ARNs of secrets that someone else keeps
        self.inactive: set[tuple[str, str]] = set()  # (cluster, name) of ECS services that were deleted
        self.paths = [  # where Express Mode's services are reached
            {"accessType": "PUBLIC", "endpoint": "de-0123456789abcdef.ecs.us-east-1.on.aws"}
        ]
        self.records_by_hand: set[str] = set()  # names that someone entered in their own DNS
        self.zones = {"example.com": "Z123"}
        self.refuse_next: dict[str, str] = {}  # type, or "delete TYPE", to the reason
        self.break_next: set[str] = set()  # types whose next creation or change is made, and then fails
        self.published: dict[
            tuple[str, str], Inputs
        ] = {}  # (function, version) to what it was published from
        self.ready: dict[str, str] = {}  # a Cloud Run service to its newest revision that became ready
        self.log: list[tuple[str, str]] = []  # ("create", type) and so on, in order
        self.held: dict[str, Hold] = {}  # a type to what its next creation or change waits for
        self.staying: set[str] = set()  # types that a deletion leaves in place, though it says otherwise
        self._lock = threading.RLock()
        self._count = 0

    def create(self, type_: str, name: str, inputs: Inputs) -> Resource:
        """Make a resource; raises RefusedError."""
        with self._waiting(type_), self._lock:
            self._may_refuse(type_)
            kind = kind_of(type_)
            self._count += 1
            id_ = inputs.get(kind.named_by) or f"{name}-{self._count:07x}"
            resource = Resource(type_, name, id_, dict(inputs))
            resource.outputs = {**inputs, **kind.outputs(self, resource, None)}
            if (type_, id_) in self.resources and kind.named_by:
                raise RefusedError(f"{type_} {id_} already exists")
            self.resources[type_, resource.id] = resource
            self.log.append(("create", type_))
            if type_ in self.break_next:
                self.break_next.remove(type_)
                resource.outputs |= kind.unready
                raise UnreadyError(resource)
            return resource

    def update(self, type_: str, id_: str, inputs: Inputs) -> Resource:
        """Change a resource in place; raises RefusedError."""
        with self._waiting(type_), self._lock:
            self._may_refuse(type_)
            before = self.resources[type_, id_]
            after = Resource(type_, before.name, id_, dict(inputs))
            after.outputs = {**inputs, **kind_of(type_).outputs(self, after, before)}
            self.resources[type_, id_] = after
            self.log.append(("update", type_))
            if type_ in self.break_next:
                self.break_next.remove(type_)
                raise RefusedError(f"{type_} did not become ready")
            return after

    @contextmanager
    def _waiting(self, type_: str) -> Generator[None]:
        """Wait where a test holds resources of the type."""
        hold = self.held.pop(type_, None)
        if hold and not hold.after:
            hold.reached.set()
            hold.go.wait(HELD_S)
        yield
        if hold and hold.after:
            hold.reached.set()
            hold.go.wait(HELD_S)

    def _may_refuse(self, type_: str) -> None:
        if type_ in self.refuse_next:
            raise RefusedError(self.refuse_next.pop(type_))

    def planned(self, type_: str, id_: str, inputs: Inputs, unknown: str) -> dict[str, Any]:
        """The outputs that a change to `inputs` would leave, as a provider tells them in a preview."""
        now = self.resources[type_, id_].outputs
        return {**now, **inputs, **dict.fromkeys(kind_of(type_).after_change, unknown)}

    def delete(self, type_: str, id_: str) -> None:
        """Take a resource away; raises RefusedError."""
        with self._lock:
            self._may_refuse(f"delete {type_}")
            resource = self.resources[type_, id_]
            if type_ in self.staying:
                self.staying.remove(type_)
                return
            kind_of(type_).deleting(self, resource)
            del self.resources[type_, id_]
            if resource.inputs.get("disableOnDestroy") is False:
                self.switched_on[type_, id_] = resource
            self.log.append(("delete", type_))

    def differences(self, type_: str, before: Inputs, after: Inputs) -> tuple[list[str], list[str]]:
        """The inputs that changed, and those among them whose change makes a new resource."""
        kind = kind_of(type_)
        changed = [
            key
            for key in sorted({*before, *after} - kind.ignores)
            if not key.startswith("__") and before.get(key) != after.get(key)
        ]
        return changed, [key for key in changed if key in kind.replaces]

    def invoke(self, token: str, arguments: Inputs) -> dict[str, Any]:
        """Answer a query."""
        answer: dict[str, Any] = _module(token).INVOKES[token](self, arguments)
        return answer

    def of(self, type_: str) -> list[Resource]:
        """Every resource of a type."""
        return [resource for (of, _), resource in self.resources.items() if of == type_]

    def read(self, type_: str, id_: str) -> Resource | None:
        """A resource by its id or by what an import takes for it; None if there is none."""
        kind = kind_of(type_)
        found = self.resources.get((type_, id_)) or self.switched_on.get((type_, id_))
        if found is None:
            found = next((other for other in self.of(type_) if kind.imported_by(other) == id_), None)
        return found if found and kind.is_there(self, found) else None

    def named(self, type_: str, name: str) -> Resource:
        """The resource of a type that the program calls `name`."""
        (resource,) = [resource for resource in self.of(type_) if resource.name == name]
        return resource

    def one(self, type_: str) -> Resource:
        """The only resource of a type."""
        (resource,) = self.of(type_)
        return resource

    def drop_images(self, repository: str) -> None:
        """Delete a repository with what was pushed to it."""
        del self.images[repository]
        for key, resource in list(self.resources.items()):
            if resource.type == IMAGE and resource.inputs["tags"][0].startswith(f"{repository}:"):
                del self.resources[key]

    def has_image(self, reference: str) -> bool:
        """Whether REPOSITORY@DIGEST can be pulled."""
        repository, _, digest = reference.partition("@")
        return digest in self.images.get(repository, {}).values()


def kind_of(type_: str) -> Kind:
    """How resources of `type_` behave; an unknown type is an error of the test's own."""
    kind: Kind = IMAGE_KIND if type_ == IMAGE else _module(type_).KINDS[type_]
    return kind


def _module(token: str) -> ModuleType:
    names = {
        "aws:ecs/": "ecs_cloud",
        "aws:cloudcontrol/": "ecs_cloud",
        "aws:lambda/": "lambda_cloud",
        "aws:scheduler/": "lambda_cloud",
        "aws:": "aws_cloud",
        "gcp:cloudrun/": "google_domains",
        "gcp:dns/": "google_domains",
        "gcp:": "google_cloud",
    }
    name = next(name for start, name in names.items() if token.startswith(start))
    return importlib.import_module(f"tests.stacks.{name}")


def _pushed(cloud: Cloud, image: Resource, before: Resource | None) -> dict[str, Any]:
    settings = {key: image.inputs.get(key) for key in ("buildArgs", "platforms", "exports", "push")}
    digest = "sha256:" + hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    for reference in image.inputs["tags"]:
        repository, _, tag = reference.rpartition(":")
        tags = cloud.images.get(repository)
        if tags is None:
            raise RefusedError(f"name unknown: there is no repository {repository}")
        if tags.get(tag, digest) != digest:
            raise RefusedError(
                f"the tag {tag!r} already exists and cannot be overwritten because the repository is immutable"
            )
        tags[tag] = digest
    if not any(
        login["address"] in image.inputs["tags"][0] and login["password"]
        for login in image.inputs["registries"]
    ):
        raise RefusedError("no basic auth credentials")
    return {
        "digest": digest,
        "ref": f"{image.inputs['tags'][0]}@{digest}",
        "contextHash": "of the working tree",
    }


def _unpushed(cloud: Cloud, image: Resource) -> None:
    for tags in cloud.images.values():
        for tag in [tag for tag, digest in tags.items() if digest == image.outputs["digest"]]:
            del tags[tag]


IMAGE_KIND = Kind(
    _pushed,
    deleting=_unpushed,
    ignores=frozenset({"registries"}),
    after_change=frozenset({"digest", "ref", "contextHash"}),
)
