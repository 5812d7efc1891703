"""The shapes of requests beside the service model that botocore ships.

Names, required members, enumerations, limits and JSON types are compared for every operation. Where
the service really does otherwise, or this engine takes less, `request_shapes.yaml` says what and
why; an exception that is not needed any more fails the test, like one that is missing.
"""

import re
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

import botocore.session
import yaml

from tablewright.local.operations import names
from tablewright.local.validation import shape_of

EXCEPTIONS = yaml.safe_load(Path(__file__).with_name("request_shapes.yaml").read_text("utf-8"))
NUMBERS = {"integer": "Integer", "long": "Long", "double": "Double"}
TYPES = {"string": "String", "boolean": "Boolean", "timestamp": "Timestamp", "blob": "Blob"}
WITHOUT_SHAPE = {"DescribeEndpoints", "DescribeLimits"}  # they have no parameters


def file_of(operation):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


def service_models():
    session = botocore.session.get_session()
    return [session.get_service_model(name) for name in ("dynamodb", "dynamodbstreams")]


def compare(ours, theirs, path):
    """Yield what differs, one line each, for a shape of ours and one of botocore."""
    kind = theirs.type_name
    if theirs.name == "AttributeValue":
        if ours.type != "Value":
            yield f"{path}: type {ours.type}"
        return
    if kind == "map" and theirs.value.name == "AttributeValue":
        if ours.type != "ValueMap":
            yield f"{path}: type {ours.type}"
        return
    expected = {"structure": "Structure", "list": "List", "map": "Map", **NUMBERS, **TYPES}[kind]
    if ours.type != expected:
        yield f"{path}: type {ours.type}, not {expected}"
        return
    if set(ours.enum) != set(getattr(theirs, "enum", ()) or ()):
        yield f"{path}: enum"
    for bound in ("min", "max"):
        if (getattr(ours, bound) or None) != (theirs.metadata.get(bound) or None):
            yield f"{path}: {bound} {getattr(ours, bound)}, not {theirs.metadata.get(bound)}"
    if kind == "structure":
        yield from compare_members(ours, theirs, path)
    elif kind == "list":
        yield from compare(ours.element, theirs.member, f"{path}[]")
    elif kind == "map":
        yield from compare(ours.element, theirs.value, f"{path}{{}}")


def compare_members(ours, theirs, path):
    for name in sorted(set(ours.members) | set(theirs.members)):
        inner = f"{path}.{name}"
        if name not in theirs.members:
            yield f"{inner}: not in the model"
        elif name not in ours.members:
            yield f"{inner}: not taken"
        else:
            if ours.members[name].is_required != (name in theirs.required_members):
                yield f"{inner}: required {ours.members[name].is_required}"
            yield from compare(ours.members[name], theirs.members[name], inner)


def differences():
    lines = set()
    for model in service_models():
        for operation in model.operation_names:
            if operation not in names():
                lines.add(f"{operation}: no such operation")
            elif operation not in WITHOUT_SHAPE | set(EXCEPTIONS["without a shape"]):
                theirs = model.operation_model(operation).input_shape
                lines |= set(compare_members(shape_of(file_of(operation)), theirs, operation))
    return lines


def test_requests_have_the_shape_that_botocore_gives_them():
    allowed = EXCEPTIONS["differences"]
    unexplained = [
        line for line in sorted(differences()) if not any(fnmatch(line, each) for each in allowed)
    ]
    assert unexplained == []


def test_no_exception_is_out_of_date():
    differing = differences()
    stale = [
        each
        for each in EXCEPTIONS["differences"]
        if not any(fnmatch(line, each) for line in differing)
    ]
    assert stale == []


def test_every_operation_of_the_service_is_known():
    known = set(names())
    missing = [name for model in service_models() for name in model.operation_names
               if name not in known]  # fmt: skip
    assert missing == []
