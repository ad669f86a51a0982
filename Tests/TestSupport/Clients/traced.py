"""A tester that has spans of its own, by opentelemetry-sdk: one of what it does with a card, under its caller's."""
import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from smartcard.System import readers

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
carrier = {name.lower(): value for name, value in os.environ.items() if name in ("TRACEPARENT", "TRACESTATE")}
caller = TraceContextTextMapPropagator().extract(carrier)

with trace.get_tracer("tester").start_as_current_span("select the MF", context=caller):
    connection = readers()[0].createConnection()
    connection.connect()
    connection.transmit([0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00])
    connection.disconnect()
provider.shutdown()
