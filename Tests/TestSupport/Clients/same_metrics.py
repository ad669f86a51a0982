"""Compares numbers with a text exposition, read by prometheus_client's own parser: same_metrics.py TEXT json|otlp|pushed FILE.

FILE is the JSON export, what otlp_sink.py wrote, or a Pushgateway's own exposition, of which the samples with a job count. Prints what differs, a line each, and the number of samples. With otlp an exponential
histogram is held to the text's buckets by the bounds that the specification gives its own.
"""
import json
import math
import sys

from prometheus_client.parser import text_string_to_metric_families


def key(name, labels, **more):
    return name, tuple(sorted((dict(labels) | more).items()))


def text_samples(path):
    return {
        key(sample.name, sample.labels): float(sample.value)
        for family in text_string_to_metric_families(open(path, encoding="utf-8").read())
        for sample in family.samples
    }


def number(value):
    return float(value)


def json_samples(path):
    for family in json.load(open(path, encoding="utf-8"))["families"]:
        unit = "_" + family["unit"] if family["unit"] else ""
        for sample in family["samples"]:
            labels = sample["labels"]
            if family["type"] != "histogram":
                yield key(family["name"], labels), number(sample["value"])
                continue
            yield key(family["name"] + "_count", labels), sample["count"]
            yield key(family["name"] + "_sum", labels), sample["sum" + unit]
            for bucket in sample["buckets"]:
                yield key(family["name"] + "_bucket", labels, le=number(bucket["le" + unit])), bucket["count"]


def otlp_samples(path):
    for line in open(path):
        point = json.loads(line)
        name, labels = point["name"], point["attributes"]
        if point["kind"] in ("sum", "gauge"):
            yield key(name, labels), number(point["value"])
            continue
        yield key(name + "_count", labels), point["count"]
        yield key(name + "_sum", labels), point["sum"]
        if point["kind"] == "exponential_histogram":
            assert point["count"] == point["zero_count"] + sum(point["buckets"]), point
            continue
        total = 0
        for bound, count in zip(point["bounds"] + [math.inf], point["buckets"], strict=True):
            total += count
            yield key(name + "_bucket", labels, le=bound), total


def pushed_samples(path):
    for (name, labels), value in text_samples(path).items():
        labels = dict(labels)
        if labels.pop("job", None) and not name.startswith("push_"):
            labels.pop("instance", None)
            yield key(name, labels), value


def exponential_faults(path, text):
    """Each bound of the text's buckets must lie where the exponential ones say it does, but for 1% and one bucket's width."""
    for line in open(path):
        point = json.loads(line)
        if point["kind"] != "exponential_histogram":
            continue
        base = 2 ** (2 ** -point["scale"])
        slack = base * 1.01

        def below(limit):
            counts = enumerate(point["buckets"], point["offset"])
            return point["zero_count"] + sum(count for index, count in counts if base ** (index + 1) <= limit)

        for (name, labels), value in text.items():
            bound = dict(labels).get("le")
            if name == point["name"] + "_bucket" and labels == key(name, point["attributes"], le=bound)[1]:
                if not below(bound / slack) <= value <= below(bound * slack):
                    yield f"{name} {labels}: {value} in the text, {below(bound / slack)} to {below(bound * slack)}"


def with_number_bounds(samples):
    """A bound is a number, however it is written."""
    for (name, labels), value in samples.items():
        yield (name, tuple((k, float(v)) if k == "le" else (k, v) for k, v in labels)), value


form, path = sys.argv[2:]
text = dict(with_number_bounds(text_samples(sys.argv[1])))
read = {"json": json_samples, "otlp": otlp_samples, "pushed": lambda path: with_number_bounds(dict(pushed_samples(path)))}
ours = dict(read[form](path))
faults = list(exponential_faults(path, text)) if form == "otlp" else []
exponential = {json.loads(line)["name"] + "_bucket" for line in open(path)} if form == "otlp" and "exponential" in open(path).read() else set()
for sample, value in text.items():
    if sample not in ours:
        if sample[0] not in exponential:
            faults.append(f"missing: {sample}")
    elif not (value == ours[sample] or math.isnan(value) and math.isnan(ours[sample])):
        faults.append(f"differs: {sample}: {value} in the text, {ours[sample]} here")
faults += [f"not in the text: {sample}" for sample in ours if sample not in text]
print("\n".join(faults + [f"{len(ours)} samples"]))
sys.exit(1 if faults else 0)
