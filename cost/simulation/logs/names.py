"""The names that fields of usual logs have, in lower case and without anything but letters and digits."""

import re

TIMES = (
    "time", "timestamp", "ts", "requesttimeepoch", "requesttime", "timelocal", "timeiso8601", "msec", "starttime",
    "startedat", "starttimestamp", "startutc", "startlocal", "datetime", "date", "eventtime", "eventtimestamp", "t",
    "when", "epoch", "unixtime", "unixtimestamp", "asctime", "logtime", "timeunixnano", "realtimetimestamp",
    "sourcerealtimetimestamp", "edgestarttimestamp", "timegenerated", "createdat", "created", "timestampms",
    "timems", "timestampinms", "timestampmillis", "timestamputc", "utctime", "localtime", "isotime", "timereceived",
    "receivedat", "receivetimestamp", "observedtimestamp", "ingestiontime",
)  # fmt: skip
METHODS = (
    "method",
    "httpmethod",
    "requestmethod",
    "httprequestmethod",
    "verb",
    "csmethod",
    "clientrequestmethod",
    "requestverb",
)
PATHS = (
    "path", "urlpath", "requestpath", "rawpath", "requesturi", "uri", "requesturl", "url", "httptarget", "resourcepath",
    "csuristem", "clientrequestpath", "clientrequesturi", "urloriginal", "httpurl", "target", "endpoint", "route",
)  # fmt: skip
LINES = ("request", "requestline", "httprequest")
STATUSES = (
    "status", "statuscode", "responsestatus", "responsestatuscode", "httpstatus", "httpstatuscode", "responsecode",
    "scstatus", "edgeresponsestatus", "downstreamstatus", "elbstatuscode", "httpresponsestatuscode", "respstatus",
)  # fmt: skip
AGENTS = (
    "useragent",
    "httpuseragent",
    "requestuseragent",
    "csuseragent",
    "clientrequestuseragent",
    "agent",
    "ua",
    "useragentoriginal",
    "httprequestuseragent",
)
IDS = ("requestid", "awsrequestid", "lambdarequestid", "functionrequestid", "recordrequestid", "reqid")
SIZES = (
    "bytessent", "bodybytessent", "responsesize", "responselength", "responsebytes", "sentbytes", "scbytes", "bytesout",
    "downstreamcontentsize", "edgeresponsebytes", "responsebodysize", "httpresponsebodybytes", "responsecontentlength",
    "contentlength", "bytes", "size", "reslength", "httpresponsebodysize",
)  # fmt: skip
MESSAGES = (
    "message",
    "msg",
    "log",
    "line",
    "textpayload",
    "body",
    "raw",
    "event",
    "jsonpayloadmessage",
    "jsonpayloadmsg",
)

UNITS = {
    "ms": 1e-3, "msec": 1e-3, "millis": 1e-3, "milliseconds": 1e-3, "us": 1e-6, "micros": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nanos": 1e-9, "nanoseconds": 1e-9, "s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0, "": None,
}  # fmt: skip
LASTED = re.compile(
    r"(?:integrationlatency|upstreamresponsetime|targetprocessingtime|metricsduration|duration|responselatency|latency|"
    r"elapsed|elapsedtime|requesttime|responsetime|processingtime|timetaken|took|runtime|requestduration|"
    r"responseduration|totaltime|executiontime|originduration|httpduration|durationhuman|latencyhuman)("
    + "|".join(UNITS)
    + ")"
)
NEAREST = (
    "integrationlatency",
    "upstreamresponsetime",
    "targetprocessingtime",
    "metricsduration",
    "originduration",
)
"""Of several durations in a record, the one that is nearest to the app's own."""
IN_SECONDS = ("requesttime", "upstreamresponsetime", "targetprocessingtime")
"""nginx's and the load balancer's, which are in seconds."""
IN_MILLISECONDS = ("integrationlatency", "responselatency")
"""API Gateway's, which are in milliseconds."""
SCALE = {"ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}
WHOSE = (
    ("response_flags", ("duration",), 1e-3),  # Envoy and Istio
    ("resp_headers", ("duration",), 1.0),  # Caddy
    ("OriginDuration", ("duration", "originduration"), 1e-9),  # Traefik
    ("x-edge-location", ("timetaken",), 1.0),  # CloudFront
    ("sc-win32-status", ("timetaken",), 1e-3),  # IIS
    ("hostname", ("responsetime",), 1e-3),  # pino
    ("latency_human", ("latency",), 1e-9),  # Echo
    ("@billedDuration", ("duration",), 1e-3),  # CloudWatch Insights
    ("@type", ("duration",), 1e-3),
    ("ecs", ("duration",), 1e-9),  # Elastic
)
"""By a field that only this product's records have: durations without a unit in their name, and the unit."""
TEXT_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ns|µs|us|ms|s)?")

CONTAINERS = frozenset((
    "request", "httprequest", "http", "req", "response", "res", "requestcontext", "record", "source", "fields",
    "attributes", "jsonpayload", "event", "data", "log", "properties", "context", "metrics", "result", "url",
    "message", "msg", "payload", "entry", "access", "identity",
))  # fmt: skip
"""Fields that hold fields of the record itself. A name in any other object counts only together with the object's."""
NOT_WHEN = re.compile("expir|birth|until|valid|updat|modif|deploy|boot|next|last|cookie|window|zone|timeout")
"""Fields that may hold a time which is not the request's."""


def plain(name: str) -> str:
    """A field's name as it stands in these lists."""
    return re.sub("[^a-z0-9]", "", name.lower())


COUNTED_BY = ("minute", "bin", "bucket", "hour", "period")
"""Further names for the time of a row of counts."""
