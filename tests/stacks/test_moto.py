"""The aws stack is created at moto, a second implementation of AWS, and read back from it."""

import json

from stacks.releases import History
from tests.stacks.aws_cloud import ACCOUNT, REGION
from tests.stacks.graph import Graph, run, service
from tests.stacks.moto_cloud import Moto


def deployed(moto: Moto, past: History | None = None, **settings: object) -> Graph:
    """The aws stack on moto."""
    return run(service("aws", **settings), past=past or History(), cloud=moto)


def test_the_function_is_accepted_and_reads_back(moto: Moto) -> None:
    """Image, memory, timeout, logging and reserved concurrency are what was declared."""
    graph = deployed(moto, memory=1024, timeout=7, maxInstances=5)
    function = graph.one("lambda/function:Function").id
    read = moto.clients["lambda"].get_function(FunctionName=function, Qualifier="live")

    assert read["Code"]["ImageUri"] == graph.outputs["image"]
    assert {
        key: read["Configuration"][key] for key in ("MemorySize", "Timeout", "PackageType", "Version")
    } == {
        "MemorySize": 1024,
        "Timeout": 7,
        "PackageType": "Image",
        "Version": "1",
    }
    assert moto.clients["lambda"].get_function_concurrency(FunctionName=function) | {
        "ResponseMetadata": None
    } == {
        "ReservedConcurrentExecutions": 5,
        "ResponseMetadata": None,
    }


def test_the_permission_reads_back_on_the_alias(moto: Moto) -> None:
    """The alias's policy names the API and nothing else does."""
    graph = deployed(moto)
    function, api = graph.one("lambda/function:Function").id, graph.one("apigatewayv2/api:Api").id
    policy = json.loads(moto.clients["lambda"].get_policy(FunctionName=function, Qualifier="live")["Policy"])

    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/$default"}
    }


def test_the_http_api_reads_back(moto: Moto) -> None:
    """`$default` leads to the integration, the integration to the alias, and the stage logs and throttles."""
    graph = deployed(moto)
    client, api = moto.clients["apigatewayv2"], graph.one("apigatewayv2/api:Api").id
    (route,) = client.get_routes(ApiId=api)["Items"]
    (integration,) = client.get_integrations(ApiId=api)["Items"]
    (stage,) = client.get_stages(ApiId=api)["Items"]

    assert (route["RouteKey"], route["Target"]) == (
        "$default",
        f"integrations/{integration['IntegrationId']}",
    )
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["IntegrationUri"].endswith(":live/invocations")
    assert stage["StageName"] == "$default"
    assert (
        stage["DefaultRouteSettings"]["ThrottlingRateLimit"],
        stage["DefaultRouteSettings"]["ThrottlingBurstLimit"],
    ) == (20, 50)


def test_the_registry_the_log_and_the_role_read_back(moto: Moto) -> None:
    """Immutable and scanned, kept for thirty days, allowed to write one log."""
    graph = deployed(moto)
    (repository,) = moto.clients["ecr"].describe_repositories()["repositories"]
    groups = moto.clients["logs"].describe_log_groups()["logGroups"]
    role = graph.named("iam/role:Role", "demo-aws").id
    policy = moto.clients["iam"].get_role_policy(
        RoleName=role, PolicyName=graph.named("iam/rolePolicy:RolePolicy", "demo-aws").id
    )

    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert {group["retentionInDays"] for group in groups} == {30}
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_a_canary_is_accepted_and_reads_back(moto: Moto) -> None:
    """The alias stays on what was promoted and gives the newest its share."""
    moto.earlier = ["2", "3"]
    graph = deployed(moto, History("2", ()), canaryPercent=10)
    alias = moto.clients["lambda"].get_alias(
        FunctionName=graph.one("lambda/function:Function").id, Name="live"
    )

    assert alias["FunctionVersion"] == "2"
    assert alias["RoutingConfig"] == {"AdditionalVersionWeights": {"3": 0.1}}


def test_a_domain_is_accepted_and_reads_back(moto: Moto) -> None:
    """The certificate's own record and both aliases are in the zone, and the mapping leads to the API."""
    graph = deployed(moto, domain="api.example.com", dnsZone="example.com")
    records = moto.clients["route53"].list_resource_record_sets(HostedZoneId=moto.zones["example.com"])
    kinds = sorted((record["Type"], "AliasTarget" in record) for record in records["ResourceRecordSets"])
    (mapping,) = moto.clients["apigatewayv2"].get_api_mappings(DomainName="api.example.com")["Items"]

    assert [kind for kind in kinds if kind[0] not in {"NS", "SOA"}] == [
        ("A", True),
        ("AAAA", True),
        ("CNAME", False),
    ]
    assert (mapping["ApiId"], mapping["Stage"]) == (graph.one("apigatewayv2/api:Api").id, "$default")


def test_secrets_are_accepted_and_read_back_as_the_door_asks_for_them(moto: Moto) -> None:
    """Encrypted in Parameter Store, under the names and versions that the function is told, and not in it."""
    graph = deployed(moto, environment={"LOG_LEVEL": "debug"}, secretValues={"API_KEY": "canary"})
    function = moto.clients["lambda"].get_function(FunctionName=graph.one("lambda/function:Function").id)
    variables = function["Configuration"]["Environment"]["Variables"]
    places = json.loads(variables["SECRETS_FROM"])
    answer = moto.clients["ssm"].get_parameters(Names=list(places.values()), WithDecryption=True)

    assert variables["LOG_LEVEL"] == "debug"
    assert "canary" not in str(function)
    assert [(entry["Type"], entry["Value"]) for entry in answer["Parameters"]] == [("SecureString", "canary")]


def test_a_place_for_traces_is_accepted_and_reads_back(moto: Moto) -> None:
    """The function is told where to, and its image is the one that was built for it."""
    graph = deployed(moto, otlpEndpoint="https://collector.example.com")
    function = moto.clients["lambda"].get_function(FunctionName=graph.one("lambda/function:Function").id)

    assert function["Configuration"]["Environment"]["Variables"] == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example.com"
    }
    assert function["Code"]["ImageUri"] == graph.outputs["image"]


def test_alarms_and_budgets_are_accepted_and_read_back(moto: Moto) -> None:
    """The schedule calls the alias, both alarms speak to the topic, the budget has its limit."""
    graph = deployed(moto, alarmEmail="ops@example.com", budget=20)
    (schedule,) = moto.clients["scheduler"].list_schedules()["Schedules"]
    (topic,) = moto.clients["sns"].list_topics()["Topics"]
    alarms = moto.clients["cloudwatch"].describe_alarms()["MetricAlarms"]
    (budget,) = moto.clients["budgets"].describe_budgets(AccountId=ACCOUNT)["Budgets"]

    assert schedule["Target"]["Arn"] == graph.cloud.one("aws:lambda/alias:Alias").outputs["arn"]
    assert {alarm["AlarmName"].rpartition("-")[0] for alarm in alarms} == {
        "demo-aws-errors",
        "demo-aws-throttles",
    }
    assert all(alarm["AlarmActions"] == [topic["TopicArn"]] for alarm in alarms)
    assert (float(budget["BudgetLimit"]["Amount"]), budget["BudgetLimit"]["Unit"]) == (20.0, "USD")


def test_an_authorizer_is_accepted_and_reads_back_on_the_route(moto: Moto) -> None:
    """Issuer, audiences, and the one route that is behind them."""
    graph = deployed(moto, access="jwt", jwtIssuer="https://login.example.com", jwtAudience="shop, api")
    client, api = moto.clients["apigatewayv2"], graph.one("apigatewayv2/api:Api").id
    (route,) = client.get_routes(ApiId=api)["Items"]
    authorizer = client.get_authorizer(ApiId=api, AuthorizerId=route["AuthorizerId"])

    assert authorizer["JwtConfiguration"] == {
        "Audience": ["shop", "api"],
        "Issuer": "https://login.example.com",
    }
    assert route["AuthorizationType"] == "JWT"
