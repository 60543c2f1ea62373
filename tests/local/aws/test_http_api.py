"""The HTTP API's mapping: every field of an event as AWS sends it, and what it refuses."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.aws import http_api
from local.aws.http_api import Call, identified, refusal, to_event
from local.aws.results import TOO_LARGE, error
from local.http.message import Answer, Client, Headers, Request

CALL = Call("JKJaXmPLvHcESHA=", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e", 1583953438390)
CLIENT = Client("192.0.2.1", "http", 8000)


def make_request(**parts: Any) -> Request:
    given: dict[str, Any] = {
        "method": "GET",
        "path": b"/hello",
        "query": b"",
        "headers": [(b"host", b"api.example.com:8000"), (b"user-agent", b"agent")],
        "body": b"",
        "client": CLIENT,
    }
    return Request(**given | parts)


def test_a_request_becomes_the_whole_event() -> None:
    request = make_request(
        method="POST",
        path=b"/a%20b/caf%C3%A9",
        query=b"parameter1=value1&parameter1=value2&parameter2=value",
        headers=[
            (b"host", b"api.example.com:8000"),
            (b"user-agent", b"agent"),
            (b"cookie", b"a=1; b=2"),
            (b"cookie", b"c=3"),
            (b"x-twice", b"1"),
            (b"x-twice", b"2"),
            (b"content-type", b"application/json"),
            (b"content-length", b"2"),
            (b"connection", b"keep-alive, x-mine"),
            (b"x-mine", b"for this connection alone"),
            (b"x-forwarded-for", b"198.51.100.7"),
            (b"x-forwarded-proto", b"gopher"),
        ],
        body=b"{}",
    )

    assert to_event(request, CALL) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a b/café",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["a=1", "b=2", "c=3"],
        "headers": {
            "content-length": "2",
            "content-type": "application/json",
            "host": "api.example.com:8000",
            "user-agent": "agent",
            "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
            "x-forwarded-for": "198.51.100.7, 192.0.2.1",
            "x-forwarded-port": "8000",
            "x-forwarded-proto": "http",
            "x-twice": "1,2",
        },
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": "POST",
                "path": "/a b/café",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "11/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583953438390,
        },
        "body": "{}",
        "isBase64Encoded": False,
    }


def test_what_an_authorizer_says_is_in_the_request_context() -> None:
    plain, said = to_event(make_request(), CALL), {"jwt": {"claims": {"sub": "ann"}, "scopes": None}}

    event = to_event(make_request(), CALL, said)

    assert event == plain | {"requestContext": plain["requestContext"] | {"authorizer": said}}


def test_what_a_plain_get_lacks_is_absent_but_the_length() -> None:
    event = to_event(make_request(), CALL)

    assert not {"cookies", "queryStringParameters", "body", "pathParameters", "stageVariables"} & event.keys()
    assert event["rawQueryString"] == ""
    assert event["isBase64Encoded"] is False
    assert event["headers"]["content-length"] == "0"


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        (b"/%252F", "/%2F"),
        (b"/a+b", "/a+b"),
        (b"/%E6%97%A5%E6%9C%AC", "/日本"),
        (b"//double//slash/", "//double//slash/"),
        (b"/no%FFutf8", "/no\ufffdutf8"),
        (b"/lone%", "/lone%"),
    ],
)
def test_the_path_is_decoded_once(sent: bytes, path: str) -> None:
    event = to_event(make_request(path=sent), CALL)

    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == (path, path)


def test_the_query_stays_as_it_was_sent_and_its_parameters_are_decoded() -> None:
    event = to_event(make_request(query=b"a=1+2&a=%2B&empty=&flag&%C3%A9=%26"), CALL)

    assert event["rawQueryString"] == "a=1+2&a=%2B&empty=&flag&%C3%A9=%26"
    assert event["queryStringParameters"] == {"a": "1 2,+", "empty": "", "flag": "", "é": "&"}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/css; charset=utf-8",
        "APPLICATION/JSON",
        "application/xml",
        "application/javascript",
    ],
)
def test_a_text_type_is_passed_as_text(content_type: str) -> None:
    request = make_request(headers=[(b"content-type", content_type.encode())], body="naïve 🎈".encode())

    assert http_api.to_event(request, CALL)["body"] == "naïve 🎈"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-type", b"application/x-www-form-urlencoded")],
        [(b"content-type", b"multipart/form-data; boundary=x")],
        [(b"content-type", b"application/problem+json")],
        [(b"content-type", b"image/png")],
    ],
)
def test_every_other_type_is_passed_as_base64(headers: Headers) -> None:
    event = to_event(make_request(headers=headers, body=b"a=1"), CALL)

    assert (event["body"], event["isBase64Encoded"]) == (base64.b64encode(b"a=1").decode(), True)


@given(body=st.binary(min_size=1), kind=st.sampled_from([b"text/plain", b"application/json", b"x/y", b""]))
def test_no_body_is_lost(body: bytes, kind: bytes) -> None:
    event = to_event(make_request(headers=[(b"content-type", kind)], body=body), CALL)

    carried = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    assert carried == body
    assert event["headers"]["content-length"] == str(len(body))
    json.dumps(event, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("host", "domain", "prefix"),
    [
        (b"id.execute-api.us-east-1.amazonaws.com", "id.execute-api.us-east-1.amazonaws.com", "id"),
        (b"127.0.0.1:8000", "127.0.0.1", "127"),
        (b"[::1]:8000", "[::1]", "[::1]"),
        (b"", "", ""),
    ],
)
def test_the_domain_is_the_host_without_its_port(host: bytes, domain: str, prefix: str) -> None:
    context = to_event(make_request(headers=[(b"host", host)]), CALL)["requestContext"]

    assert (context["domainName"], context["domainPrefix"]) == (domain, prefix)


def test_a_trace_that_the_client_began_goes_on_and_else_a_new_one_begins() -> None:
    begun = Call.of(make_request(headers=[(b"x-amzn-trace-id", b"Root=1-abc-def;Sampled=1")]))
    other = Call.of(make_request())

    assert begun.trace_id == "Root=1-abc-def;Sampled=1"
    assert other.trace_id.startswith("Root=1-")
    assert len(other.request_id) == 16
    assert begun.request_id != other.request_id


def test_a_head_over_the_limit_is_refused() -> None:
    assert refusal(make_request(headers=[(b"x", b"y" * 10_240)])) == error(
        431, "Request Header Fields Too Large"
    )
    assert refusal(make_request(path=b"/" + b"y" * 10_240)) == error(431, "Request Header Fields Too Large")
    assert refusal(make_request(headers=[(b"x", b"y" * 10_000)])) is None


def test_a_body_over_the_limit_is_refused() -> None:
    request = make_request(body=bytes(10_485_760))

    assert refusal(request) is None
    assert refusal(replace(request, body=bytes(10_485_761))) == TOO_LARGE


def test_every_response_carries_the_requests_id() -> None:
    assert identified(Answer(204, [], b""), CALL).headers == [(b"apigw-requestid", b"JKJaXmPLvHcESHA=")]
