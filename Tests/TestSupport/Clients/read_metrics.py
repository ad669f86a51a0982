"""Reads a page of metrics with the official parsers of prometheus_client and writes what it says as JSON.

usage: read_metrics.py text|openmetrics <PAGE
"""
import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

page = sys.stdin.buffer.read().decode("utf-8", "strict")
read = {"text": parser, "openmetrics": openmetrics}[sys.argv[1]].text_string_to_metric_families


def exemplar(sample):
    if sample.exemplar is None:
        return None
    return {
        "labels": sample.exemplar.labels,
        "value": float(sample.exemplar.value),
        "time": float(sample.exemplar.timestamp),
    }


json.dump(
    [
        {
            "name": family.name,
            "type": family.type,
            "help": family.documentation,
            "unit": family.unit,
            "samples": [
                {"name": s.name, "labels": s.labels, "value": float(s.value), "exemplar": exemplar(s)}
                for s in family.samples
            ],
        }
        for family in read(page)
    ],
    sys.stdout,
)
