"""The span benchmark's words, spoken by OpenTelemetry's SDK for Python; see ../README.md."""

import sys
import time

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


class Taker(SpanExporter):
    """Takes spans as a fast endpoint would."""

    spans = attributes = 0

    def export(self, spans):
        self.spans += len(spans)
        self.attributes += sum(len(span.attributes) for span in spans)
        return SpanExportResult.SUCCESS


def one(tracer, number):
    span = tracer.start_span(
        "SELECT",
        attributes={
            "cardlink.apdu.command": "SELECT",
            "cardlink.apdu.cla": 0,
            "cardlink.apdu.ins": 0xA4,
            "cardlink.apdu.p1": 4,
            "cardlink.apdu.p2": number,
            "cardlink.apdu.status_word": "9000",
            "cardlink.apdu.seconds": 0.0123,
            "cardlink.apdu.success": True,
        },
    )
    span.end()


def main():
    taker = Taker()
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(taker))
    tracer = provider.get_tracer("benchmark")
    for line in sys.stdin:
        words = line.split()
        if words[0] == "spans":
            count = int(words[1])
            start = time.perf_counter_ns()
            for number in range(count):
                one(tracer, number)
            print((time.perf_counter_ns() - start) / count, flush=True)
        elif words[0] == "taken":
            provider.force_flush()
            print(taker.spans, taker.attributes, flush=True)
        else:
            raise SystemExit(f"unknown command {words[0]}")


main()
