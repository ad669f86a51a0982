"""The sink of otlp_sink.py over gRPC, with the official grpcio."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status


class Services(grpc.GenericRpcHandler):
    def __init__(self, signals, outs, answers):
        self.signals, self.outs, self.answers = signals, outs, answers

    def service(self, call):
        signal = {"trace": "traces"}.get(call.method.split(".")[3], call.method.split(".")[3])
        name = {"traces": "Trace", "metrics": "Metrics", "logs": "Logs"}[signal]
        folder = {"traces": "trace"}.get(signal, signal)
        if call.method != f"/opentelemetry.proto.collector.{folder}.v1.{name}Service/Export":
            return None
        read, items, respond, rejected = self.signals[signal]

        def export(request, context):
            answer = self.answers.pop(0) if self.answers else "OK"
            print(f"request {call.method} {answer}", flush=True)
            if answer == "hang":
                time.sleep(60)
            response = respond()
            code, _, after = answer.partition(":")
            if code == "partial":
                setattr(response.partial_success, rejected, int(after))
                response.partial_success.error_message = "too old"
            elif code != "OK":
                refuse(context, code, after)
            for item in items(request):
                item["headers"] = dict(call.invocation_metadata)
                self.outs[signal].write(json.dumps(item) + "\n")
            self.outs[signal].flush()
            return response

        return grpc.unary_unary_rpc_method_handler(export, read.FromString, respond.SerializeToString)


def refuse(context, code, after):
    """Ends a call with a code; `after`, in seconds, goes into RetryInfo."""
    status = getattr(grpc.StatusCode, code)
    if after:
        info = Any()
        info.Pack(RetryInfo(retry_delay=Duration(seconds=int(after))))
        details = Status(code=status.value[0], message="not now", details=[info])
        context.set_trailing_metadata([("grpc-status-details-bin", details.SerializeToString())])
    context.abort(status, "not now")


def serve(port, signals, outs, answers, tls, is_plain):
    """Prints the port and serves; tls is (key, certificate, authorities) of the server, is_plain takes no gzip."""
    options = [("grpc.so_reuseport", 0)]
    if is_plain:
        options.append(("grpc.compression_enabled_algorithms_bitset", 1))
    server = grpc.server(ThreadPoolExecutor(8), handlers=[Services(signals, outs, answers)], options=options)
    address = f"127.0.0.1:{port}"
    if tls:
        key, certificate, authorities = (open(file, "rb").read() for file in tls)
        credentials = grpc.ssl_server_credentials([(key, certificate)], authorities, require_client_auth=True)
        bound = server.add_secure_port(address, credentials)
    else:
        bound = server.add_insecure_port(address)
    server.start()
    print(bound, flush=True)
    server.wait_for_termination()
