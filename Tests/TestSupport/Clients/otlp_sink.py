"""Takes traces over OTLP/HTTP and reads them with the official opentelemetry-proto: otlp_sink.py FILE PORT [ANSWER...].

Prints its port, a free one for 0. Writes a line of JSON for each span that it takes. Each ANSWER is what the next request gets: a status,
503:SECONDS with Retry-After, partial:N, reset, hang; when they are used up each gets 200.
"""
import gzip
import json
import socketserver
import struct
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

answers = sys.argv[3:]
out = open(sys.argv[1], "w")


def value(v):
    kind = v.WhichOneof("value")
    if kind == "array_value":
        return [value(x) for x in v.array_value.values]
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
        response = ExportTraceServiceResponse()
        status, _, after = answer.partition(":")
        if status == "partial":
            response.partial_success.rejected_spans = int(after)
            response.partial_success.error_message = "too old"
            status = "200"
        if status == "200":
            request = ExportTraceServiceRequest.FromString(body)
            assert not request.resource_spans[0].scope_spans[0].spans[0].name == "", "a span without name"
            for span in spans(request):
                span["headers"] = {name.lower(): text for name, text in self.headers.items()}
                out.write(json.dumps(span) + "\n")
            out.flush()
        self.send_response(int(status))
        if status != "200" and after:
            self.send_header("Retry-After", after)
        content = response.SerializeToString()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


server = Server(("127.0.0.1", int(sys.argv[2])), Sink)
print(server.server_address[1], flush=True)
server.serve_forever()
