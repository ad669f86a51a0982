"""Takes traces, metrics and logs over OTLP/HTTP and reads them with the official opentelemetry-proto: otlp_sink.py FILE PORT [ANSWER...].

Prints its port, a free one for 0. Writes a line of JSON for each span that it takes, for each data point into FILE.metrics, for each
record into FILE.logs. Each ANSWER is what the next request gets: a status,
503:SECONDS with Retry-After, partial:N, reset, hang; when they are used up each gets 200.

SINK_TLS names a folder with server.key, server.pem and ca.pem: then clients need a certificate, too. SINK_GRPC makes it gRPC: an
ANSWER is a code's name then, one with :SECONDS has RetryInfo; with the value "plain" it takes nothing compressed.
"""
import gzip
import json
import math
import os
import socketserver
import struct
import socket
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

answers = sys.argv[3:]
outs = {signal: open(sys.argv[1] + end, "w") for signal, end in (("traces", ""), ("metrics", ".metrics"), ("logs", ".logs"))}


def value(v):
    kind = v.WhichOneof("value")
    if kind == "array_value":
        return [value(x) for x in v.array_value.values]
    if kind == "kvlist_value":
        return attributes(v.kvlist_value.values)
    return getattr(v, kind)


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


def spans(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "resource": attributes(resource.resource.attributes),
                    "scope": scope.scope.name,
                    "trace_id": span.trace_id.hex(),
                    "span_id": span.span_id.hex(),
                    "parent_span_id": span.parent_span_id.hex(),
                    "trace_state": span.trace_state,
                    "flags": span.flags,
                    "name": span.name,
                    "kind": span.kind,
                    "start": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "attributes": attributes(span.attributes),
                    "dropped_attributes": span.dropped_attributes_count,
                    "events": [
                        {"name": e.name, "time": e.time_unix_nano, "attributes": attributes(e.attributes)}
                        for e in span.events
                    ],
                    "links": [{"trace_id": l.trace_id.hex(), "span_id": l.span_id.hex()} for l in span.links],
                    "status": span.status.code,
                    "message": span.status.message,
                }


def points(request):
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind)
                for point in data.data_points:
                    told = {
                        "resource": attributes(resource.resource.attributes),
                        "scope": scope.scope.name,
                        "name": metric.name,
                        "description": metric.description,
                        "unit": metric.unit,
                        "kind": kind,
                        "temporality": getattr(data, "aggregation_temporality", None),
                        "is_monotonic": getattr(data, "is_monotonic", None),
                        "attributes": attributes(point.attributes),
                        "start": point.start_time_unix_nano,
                        "time": point.time_unix_nano,
                        "exemplars": [exemplar(e) for e in point.exemplars],
                    }
                    told.update(numbers(kind, point))
                    yield told


def numbers(kind, point):
    if kind in ("gauge", "sum"):
        number = getattr(point, point.WhichOneof("value"))
        # JSON has no number for it.
        return {"value": number if math.isfinite(number) else str(number)}
    told = {"count": point.count, "sum": point.sum}
    if kind == "histogram":
        return told | {"bounds": list(point.explicit_bounds), "buckets": list(point.bucket_counts)}
    return told | {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "offset": point.positive.offset,
        "buckets": list(point.positive.bucket_counts),
    }


def exemplar(e):
    return {
        "time": e.time_unix_nano,
        "value": getattr(e, e.WhichOneof("value")),
        "trace_id": e.trace_id.hex(),
        "span_id": e.span_id.hex(),
        "attributes": attributes(e.filtered_attributes),
    }


def records(request):
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield {
                    "resource": attributes(resource.resource.attributes),
                    "scope": scope.scope.name,
                    "time": record.time_unix_nano,
                    "observed": record.observed_time_unix_nano,
                    "severity": record.severity_number,
                    "severity_text": record.severity_text,
                    "body": value(record.body),
                    "attributes": attributes(record.attributes),
                    "trace_id": record.trace_id.hex(),
                    "span_id": record.span_id.hex(),
                    "flags": record.flags,
                }


# By the last part of the path: how to read a request, what is in it, and the answer with its count of rejected items.
signals = {
    "traces": (ExportTraceServiceRequest, spans, ExportTraceServiceResponse, "rejected_spans"),
    "metrics": (ExportMetricsServiceRequest, points, ExportMetricsServiceResponse, "rejected_data_points"),
    "logs": (ExportLogsServiceRequest, records, ExportLogsServiceResponse, "rejected_log_records"),
}


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        answer = answers.pop(0) if answers else "200"
        print(f"request {self.path} {answer}", flush=True)
        if answer == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if answer == "hang":
            time.sleep(60)
            return
        signal = self.path.split("/")[-1]
        read, items, respond, rejected = signals.get(signal, signals["traces"])
        out = outs.get(signal, outs["traces"])
        response = respond()
        status, _, after = answer.partition(":")
        if status == "partial":
            setattr(response.partial_success, rejected, int(after))
            response.partial_success.error_message = "too old"
            status = "200"
        if status == "200":
            for item in items(read.FromString(body)):
                assert item.get("name") != "", "an item without name"
                item["headers"] = {name.lower(): text for name, text in self.headers.items()}
                out.write(json.dumps(item) + "\n")
            out.flush()
        self.send_response(int(status))
        if status != "200" and after:
            self.send_header("Retry-After", after)
        content = response.SerializeToString()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    # As a Pushgateway is asked.
    do_PUT = do_POST


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


tls = os.environ.get("SINK_TLS")
files = [f"{tls}/{name}" for name in ("server.key", "server.pem", "ca.pem")] if tls else None
if "SINK_GRPC" in os.environ:
    import otlp_grpc_sink

    otlp_grpc_sink.serve(sys.argv[2], signals, outs, answers, files, os.environ["SINK_GRPC"] == "plain")
server = Server(("127.0.0.1", int(sys.argv[2])), Sink)
if files:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    context.load_verify_locations(files[2])
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
