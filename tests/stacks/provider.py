"""The fake cloud behind Pulumi's provider protocol, so that the real engine deploys to it."""

# ruff: noqa: N802 - the names of the protocol's calls

import importlib.metadata
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from tests.stacks import aws_cloud
from tests.stacks.cloud import Cloud, RefusedError, UnreadyError
from tests.stacks.graph import plain, reference

PACKAGES = {
    "aws": "pulumi-aws",
    "awsx": "pulumi-awsx",
    "gcp": "pulumi-gcp",
    "docker-build": "pulumi-docker-build",
}


@contextmanager
def served(cloud: Cloud) -> Generator[str]:
    """Serve `cloud` on loopback, a port a package; gives what PULUMI_DEBUG_PROVIDERS wants: "aws:PORT,gcp:PORT"."""
    servers, ports = list[grpc.Server](), list[str]()
    try:
        for package in PACKAGES:
            server = grpc.server(ThreadPoolExecutor(max_workers=16))
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(package, cloud), server)
            ports.append(f"{package}:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            servers.append(server)
        yield ",".join(ports)
    finally:
        for server in servers:
            server.stop(None).wait()


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One package's plugin. What the cloud refuses ends the call with the cloud's words."""

    def __init__(self, package: str, cloud: Cloud) -> None:
        """`package` is the plugin's name, such as "docker-build"."""
        self.package, self.cloud = package, cloud
        # Where a plugin takes no secrets, the engine keeps track of what is one. A component has to pass them on.
        self.secrets = package == "awsx"

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=self.secrets, accept_resources=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=importlib.metadata.version(PACKAGES[self.package]))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self.secrets, acceptResources=True, supportsPreview=True
        )

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Invoke(self, request: Any, context: Any) -> Any:
        answer = _asked(context, lambda: self.cloud.invoke(request.tok, _values(request.args)))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(_struct(answer))
        return response

    def Diff(self, request: Any, context: Any) -> Any:
        changed, replaced = self.cloud.differences(
            _type(request.urn), _values(request.old_inputs), _values(request.news)
        )
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed, replaces=replaced)

    def Create(self, request: Any, context: Any) -> Any:
        inputs = _values(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        try:
            made = _asked(
                context, lambda: self.cloud.create(_type(request.urn), request.urn.split("::")[3], inputs)
            )
        except UnreadyError as unready:
            made = unready.resource
            _failed(context, made.id, made.outputs, request.properties, str(unready))
            raise
        return provider_pb2.CreateResponse(id=made.id, properties=_struct(made.outputs))

    def Update(self, request: Any, context: Any) -> Any:
        if request.preview:
            planned = self.cloud.planned(_type(request.urn), request.id, _values(request.news), rpc.UNKNOWN)
            return provider_pb2.UpdateResponse(properties=_struct(planned))
        type_, olds, news = _type(request.urn), _values(request.olds), _values(request.news)
        inputs = {*news, *_values(request.old_inputs)}
        # The bridge sends what differs from the state's outputs, not from its inputs.
        before = {key: olds[key] for key in inputs if key in olds}
        if not self.cloud.differences(type_, before, news)[0]:
            return provider_pb2.UpdateResponse(properties=request.olds)
        try:
            changed = self.cloud.update(type_, request.id, news)
        except RefusedError as refusal:
            kept = {key: value for key, value in olds.items() if key not in inputs}
            _failed(context, request.id, {**kept, **news}, request.old_inputs, str(refusal))
            raise
        return provider_pb2.UpdateResponse(properties=_struct(changed.outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        _asked(context, lambda: self.cloud.delete(_type(request.urn), request.id))
        return empty_pb2.Empty()

    def Read(self, request: Any, context: Any) -> Any:
        found = self.cloud.read(_type(request.urn), request.id)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id, properties=_struct(found.outputs), inputs=_struct(found.inputs)
        )

    def Construct(self, request: Any, context: Any) -> Any:
        """Make awsx:ecr:Repository as awsx does: a component with a repository and its lifecycle policy."""
        inputs = _values(request.inputs)
        own, rules = aws_cloud.awsx_children(request.name, inputs)
        with grpc.insecure_channel(request.monitorEndpoint) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            component = monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type=request.type, name=request.name, custom=False, parent=request.parent
                )
            )

            def child(type_: str, values: Mapping[str, Any]) -> Any:
                return monitor.RegisterResource(
                    resource_pb2.RegisterResourceRequest(
                        type=type_,
                        name=request.name.lower(),
                        custom=True,
                        parent=component.urn,
                        object=_struct(values),
                        acceptSecrets=True,
                        acceptResources=True,
                        version=importlib.metadata.version("pulumi-aws"),
                    )
                )

            repository = child("aws:ecr/repository:Repository", own)
            made = rpc.deserialize_properties(repository.object, keep_unknowns=True)
            child(
                "aws:ecr/lifecyclePolicy:LifecyclePolicy",
                {"repository": made.get("name", rpc.UNKNOWN), "policy": {"rules": rules}},
            )
            state = _struct(
                {
                    "repository": reference(repository.urn, repository.id or rpc.UNKNOWN),
                    "url": made.get("repositoryUrl", rpc.UNKNOWN),
                }
            )
            monitor.RegisterResourceOutputs(
                resource_pb2.RegisterResourceOutputsRequest(urn=component.urn, outputs=state)
            )
        return provider_pb2.ConstructResponse(urn=component.urn, state=state)


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _values(struct: Any) -> dict[str, Any]:
    values: dict[str, Any] = plain(rpc.deserialize_properties(struct, keep_unknowns=True))
    return values


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _failed(context: Any, id_: str, outputs: Mapping[str, Any], inputs: Any, reason: str) -> None:
    """End a call that failed half-way as the bridge does: the state gets these outputs and inputs, and the reason.

    After an update it gets the outputs that were wished for, and keeps the old inputs:
    https://github.com/pulumi/pulumi-terraform-bridge/issues/496
    """
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id_, properties=_struct(outputs), reasons=[reason], inputs=inputs
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=reason, details=[detail])
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, reason)


def _asked(context: Any, question: Any) -> Any:
    try:
        return question()
    except UnreadyError:
        raise
    except RefusedError as refusal:
        context.abort(grpc.StatusCode.UNKNOWN, str(refusal))
        raise
