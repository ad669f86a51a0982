"""Sends two spans with OpenTelemetry's own Zipkin exporter: zipkin_spans.py URL START END, times in nanoseconds."""
import sys

from opentelemetry.exporter.zipkin.json import ZipkinExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

url, start, end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
trace = 0x4BF92F3577B34DA6A3CE929D0E0E4736


def context(span):
    return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(1))


def span(name, own, **more):
    return ReadableSpan(
        name=name,
        context=context(own),
        parent=context(0x00F067AA0BA902B7),
        resource=Resource({"service.name": "tester", "bench": "left"}),
        instrumentation_scope=InstrumentationScope("cardlink-probe", "0"),
        start_time=start,
        **more,
    )


about = {"text": "\u00e9\"\n/", "flag": True, "integer": -7, "number": 0.5, "texts": ["a", ""], "empty": ""}
spans = [
    span(
        "SELECT",
        1,
        end_time=end,
        kind=SpanKind.CLIENT,
        attributes=about,
        events=[Event("seen", {"count": 3, "name": "b"}, timestamp=start + 1600)],
        status=Status(StatusCode.ERROR, "broken"),
    ),
    span("child", 2, end_time=start + 5000, kind=SpanKind.INTERNAL, status=Status(StatusCode.OK)),
]
ZipkinExporter(endpoint=url).export(spans)
