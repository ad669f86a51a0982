"""Loads dashboards with Grafana's own models, and is strict where these are not: no key they do not know, no value of
another type, no word that their enumerations do not have.

usage: dashboard_schema.py FILE...; a line for each fault, exit 1 when there is one."""

import enum
import json
import sys
import typing

from grafana_foundation_sdk.cog import encoder, plugins
from grafana_foundation_sdk.models import dashboard as models

# What Grafana reads and its models leave out: the Prometheus data source's own part of an annotation (its step, title and
# labels), the mark of the built-in annotation, and settings of variables by their kind.
LEFT_OUT = {
    ("annotations", "step"), ("annotations", "titleFormat"), ("annotations", "tagKeys"), ("annotations", "builtIn"),
    ("templating", "definition"),
}


def part_of(path):
    return path[0], path[-1]


def lost_keys(before, after, path=()):
    """Keys and values that loading and writing again did not keep."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if value is None or part_of(path + (key,)) in LEFT_OUT:
                continue
            if key in after:
                yield from lost_keys(value, after[key], path + (key,))
            else:
                yield path + (key,), "is no key that Grafana's model has"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after)):
            yield from lost_keys(one, other, path + (index,))
    elif before != after:
        yield path, f"was read as {json.dumps(after)[:80]}"


def fits(value, hint):
    """Whether a value is of a type; a loaded object is looked into elsewhere."""
    if hint is typing.Any or hint is object:
        return True
    origin = typing.get_origin(hint)
    if origin is typing.Union:
        return any(fits(value, one) for one in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(fits(one, typing.get_args(hint)[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict)
    if hint is type(None):
        return value is None
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return not isinstance(value, bool) and value in [one.value for one in hint]
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(hint, type) and hasattr(hint, "from_json") and isinstance(value, dict):
        # Some are left as they were read.
        return not list(faults_of(hint.from_json(value), ())) and not list(
            lost_keys(value, json.loads(json.dumps(hint.from_json(value), cls=encoder.JSONEncoder))))
    return isinstance(value, hint) if isinstance(hint, type) else True


def faults_of(loaded, path):
    """Values of a loaded model that are of another type than it says."""
    if isinstance(loaded, list):
        for index, one in enumerate(loaded):
            yield from faults_of(one, path + (index,))
    if not hasattr(loaded, "to_json"):
        return
    module = vars(sys.modules[type(loaded).__module__])
    for name, hint in typing.get_type_hints(type(loaded), module).items():
        value = getattr(loaded, name, None)
        if value is not None and not fits(value, hint):
            yield path + (name,), f"cannot be {json.dumps(value, cls=encoder.JSONEncoder)[:80]}"
        yield from faults_of(value, path + (name,))


def faults(file):
    with open(file, encoding="utf-8") as opened:
        text = json.load(opened)
    loaded = models.Dashboard.from_json(text)
    written = json.loads(json.dumps(loaded, cls=encoder.JSONEncoder))
    yield from lost_keys(text, written)
    yield from faults_of(loaded, ())


def main():
    plugins.register_default_plugins()
    count = 0
    for file in sys.argv[1:]:
        for path, what in faults(file):
            count += 1
            print(f"{file}: {'.'.join(map(str, path))} {what}")
    sys.exit(1 if count else 0)


main()
