"""What other readers make of texts: a line of JSON for each line of hex, null for one that is refused.

usage: peers.py junit|text|openmetrics <TEXTS
"""
import json
import sys
from xml.etree import ElementTree

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

# Of names that stand for nothing: the text is well formed with them, too.
UNKNOWN_ENTITY, UNKNOWN_PREFIX = 11, 27


def junit(text):
    """The statuses of the innermost tests of suites."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return {"unknown": error.code in (UNKNOWN_ENTITY, UNKNOWN_PREFIX)}
    except (LookupError, ValueError):  # Of an encoding that it does not know.
        return {"unknown": True}
    tests = []

    def walk(element, is_in_suite):
        name = str(element.tag).rpartition("}")[2]
        is_in_suite = is_in_suite or name == "testsuite"
        if name == "testcase" and is_in_suite:
            below = [str(e.tag).rpartition("}")[2] for e in element.iter() if e is not element]
            marks = [n for n in below if n in ("failure", "error", "skipped")]
            if "testcase" not in below and "testsuite" not in below:
                tests.append({"failure": "failed"}.get(marks[-1], marks[-1]) if marks else "passed")
                return
        for child in element:
            walk(child, is_in_suite)

    walk(root, False)
    return {"tests": tests}


def page(read, text):
    """Each sample with its labels and value."""
    try:
        return [
            [s.name, sorted(s.labels.items()), repr(float(s.value))]
            for family in read(text.decode("utf-8", "strict"))
            for s in family.samples
        ]
    except Exception:  # Of whatever kind: it is refused.
        return None


judges = {
    "junit": junit,
    "text": lambda text: page(parser.text_string_to_metric_families, text),
    "openmetrics": lambda text: page(openmetrics.text_string_to_metric_families, text),
}
for line in sys.stdin:
    print(json.dumps(judges[sys.argv[1]](bytes.fromhex(line))))
