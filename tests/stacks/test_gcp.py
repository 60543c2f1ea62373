"""The resources of the gcp stack: every property that matters, and what waits for what."""

import pulumi
import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.graph import Graph, run, service, usual

LABELS = {"project": "demo", "stack": "gcp", "managed-by": "pulumi"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The stack with nothing but defaults."""
    return usual("gcp")


def test_these_resources_and_no_others(graph: Graph) -> None:
    """No binding of any role: neither for allUsers nor for the service's own account."""
    assert graph.types() == [
        "docker-build:index:Image",
        "gcp:artifactregistry/repository:Repository",
        "gcp:cloudrunv2/service:Service",
        "gcp:projects/service:Service",
        "gcp:projects/service:Service",
        "gcp:projects/service:Service",
        "gcp:serviceaccount/account:Account",
    ]


def test_the_apis_are_enabled_first_and_stay(graph: Graph) -> None:
    """Nothing is asked of an API before it is on, and a destroy does not switch off what others use."""
    apis = graph.of("projects/service:Service")
    keys = {(api.type, api.name) for api in apis}

    assert sorted(api.inputs["service"] for api in apis) == [
        "artifactregistry.googleapis.com",
        "iam.googleapis.com",
        "run.googleapis.com",
    ]
    assert all(api.inputs["disableOnDestroy"] is False for api in apis)
    for type_ in (
        "artifactregistry/repository:Repository",
        "serviceaccount/account:Account",
        "cloudrunv2/service:Service",
    ):
        assert keys <= graph.ancestors(graph.one(type_))


def test_the_repository(graph: Graph) -> None:
    """Immutable tags; what has no tag goes after a week, nothing else ever."""
    assert graph.one("artifactregistry/repository:Repository").inputs == {
        "repositoryId": "demo-gcp",
        "location": "us-central1",
        "project": "my-project",
        "format": "DOCKER",
        "dockerConfig": {"immutableTags": True},
        "cleanupPolicies": [
            {
                "id": "untagged-for-a-week",
                "action": "DELETE",
                "condition": {"tagState": "UNTAGGED", "olderThan": "604800s"},
            }
        ],
        "labels": LABELS,
    }


def test_the_push_logs_in_as_the_caller(graph: Graph) -> None:
    """With a token of the moment, to the region's registry."""
    (login,) = graph.one("docker-build:index:Image").inputs["registries"]

    assert (login["address"], login["username"]) == ("us-central1-docker.pkg.dev", "oauth2accesstoken")


def test_the_service(graph: Graph) -> None:
    """Public without a binding, from zero to a few, CPU only while a request is served, the image by digest."""
    assert graph.one("cloudrunv2/service:Service").inputs == {
        "name": "demo-gcp",
        "location": "us-central1",
        "project": "my-project",
        "ingress": "INGRESS_TRAFFIC_ALL",
        "invokerIamDisabled": True,
        "deletionProtection": False,
        "template": {
            "serviceAccount": "demo-gcp@my-project.iam.gserviceaccount.com",
            "timeout": "60s",
            "maxInstanceRequestConcurrency": 80,
            "scaling": {"minInstanceCount": 0, "maxInstanceCount": 4},
            "containers": [
                {
                    "image": graph.outputs["image"],
                    "ports": {"containerPort": 8080},
                    "envs": [
                        {"name": "THREADS", "value": "80"},
                        {"name": "GOOGLE_CLOUD_PROJECT", "value": "my-project"},
                    ],
                    "resources": {
                        "limits": {"cpu": "1", "memory": "512Mi"},
                        "cpuIdle": True,
                        "startupCpuBoost": True,
                    },
                    "startupProbe": {
                        "tcpSocket": {"port": 8080},
                        "timeoutSeconds": 240,
                        "periodSeconds": 240,
                        "failureThreshold": 1,
                    },
                }
            ],
            "labels": LABELS,
        },
        "traffics": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        "labels": LABELS,
    }


def test_settings_reach_the_service() -> None:
    """Each number of the configuration is where it works, and the server has a thread for each request."""
    graph = run(
        service("gcp", memory=2048, cpu="2", timeout=900, concurrency=10, minInstances=1, maxInstances=9)
    )
    template = graph.one("cloudrunv2/service:Service").inputs["template"]
    (container,) = template["containers"]

    assert template["timeout"] == "900s"
    assert template["maxInstanceRequestConcurrency"] == 10
    assert template["scaling"] == {"minInstanceCount": 1, "maxInstanceCount": 9}
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "2048Mi"}
    assert {"name": "THREADS", "value": "10"} in container["envs"]


def test_an_instance_that_is_billed_all_the_time_has_its_cpu_all_the_time() -> None:
    graphs = [run(service("gcp", **({"billing": how} if how else {}))) for how in ("", "request", "instance")]

    containers = [
        graph.one("cloudrunv2/service:Service").inputs["template"]["containers"][0] for graph in graphs
    ]
    assert [one["resources"]["cpuIdle"] for one in containers] == [True, True, False]


def test_what_a_person_wants_next(graph: Graph) -> None:
    """The URL, the log command, the page, and what is promoted."""
    assert {key: value for key, value in graph.outputs.items() if key not in {"image", "releases"}} == {
        "url": "https://demo-gcp-abcdefghij-uc.a.run.app",
        "service": "projects/my-project/locations/us-central1/services/demo-gcp",
        "platform": "gcp",
        "region": "us-central1",
        "promoted": "demo-gcp-00001-abc",
        "promotedBefore": "",
        "traffic": {"demo-gcp-00001-abc": 100},
        "logs": "gcloud beta run services logs tail demo-gcp --region us-central1 --project my-project",
        "console": "https://console.cloud.google.com/run/detail/us-central1/demo-gcp?project=my-project",
    }


def test_a_domain_below_a_zone_takes_one_up() -> None:
    """The mapping, and the one alias that Google gives for it, in the zone that holds the domain."""
    graph = run(service("gcp", domain="api.example.com", dnsZone="example.com"))

    assert graph.one("cloudrun/domainMapping:DomainMapping").inputs == {
        "name": "api.example.com",
        "location": "us-central1",
        "project": "my-project",
        "metadata": {"namespace": "my-project", "labels": LABELS},
        "spec": {"routeName": "demo-gcp"},
    }
    assert graph.one("dns/recordSet:RecordSet").inputs == {
        "project": "my-project",
        "managedZone": "example-com",
        "name": "api.example.com.",
        "type": "CNAME",
        "ttl": 300,
        "rrdatas": ["ghs.googlehosted.com."],
    }
    assert graph.outputs["customUrl"] == "https://api.example.com"
    assert "dnsRecords" not in graph.outputs


def test_a_zones_own_name_takes_addresses() -> None:
    """No alias may stand at the top of a zone, so Google gives addresses of both kinds."""
    graph = run(service("gcp", domain="example.com", dnsZone="example.com"))

    assert {
        record.inputs["type"]: record.inputs["rrdatas"] for record in graph.of("dns/recordSet:RecordSet")
    } == {
        "A": ["216.239.32.21", "216.239.34.21"],
        "AAAA": ["2001:4860:4802:32::15"],
    }


def test_a_domain_without_a_zone_exports_its_records() -> None:
    """They are known after the mapping is made, so one `up` is enough."""
    graph = run(service("gcp", domain="api.example.com"))

    assert graph.outputs["dnsRecords"] == [
        {"name": "api.example.com", "type": "CNAME", "value": "ghs.googlehosted.com."}
    ]
    assert graph.of("dns/recordSet:RecordSet") == []


def test_a_zone_that_is_not_there_is_told_with_those_that_are(cloud: Cloud) -> None:
    """Cloud DNS names zones by another name than the DNS does, so the error lists the DNS names."""
    with pytest.raises(
        pulumi.RunError, match=r"dnsZone: it is 'b.org', which is no public zone .* \(example.com\)"
    ):
        run(service("gcp", domain="api.b.org", dnsZone="b.org"), cloud=cloud)
