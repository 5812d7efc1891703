"""Tags of tables: which table an ARN names, and what tags may be.

In: ARNs and tags of requests. Out: tables and tag lists, or the service's refusal. Tags are part of
a table's definition.

Sources: API reference, TagResource; Developer Guide, "Adding tags and labels to resources" (50
tags, unique keys, nothing that begins with `aws:`). Wording as recorded from the service by
dynalite's tests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tablewright.capacity.limits import MAX_TAGS
from tablewright.local.faults import ResourceNotFoundException, ValidationException

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table


_TABLE_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[^:]+:[^:]+:table/[a-zA-Z0-9_.-]+")
_TAG_TEXT = re.compile(r"[\w\s+=.:/@-]*")
"""Developer Guide, "Tagging restrictions in DynamoDB"."""

Tag = dict[str, str]


def tagged_table(engine: LocalEngine, arn: str) -> Table:
    """Return the table that a resource ARN names. Inside a read.

    Raises:
        ValidationException: it is not the ARN of a table.
        ResourceNotFoundException: there is no such table.
    """
    if not _TABLE_ARN.fullmatch(arn):
        raise ValidationException(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    table = engine.tables.get(arn.split(":table/", 1)[1])
    if table is None or engine.arn(table.name) != arn:
        raise ResourceNotFoundException(
            f"Requested resource not found: ResourcArn: {arn} not found"
        )
    return table


def merged(known: Sequence[Tag], tags: Sequence[Tag]) -> list[Tag]:
    """Return tags with others added or replaced.

    Raises:
        ValidationException: there are none, too many, or one that is not the user's to set.

    Example:
        >>> merged([{"Key": "a", "Value": "1"}], [{"Key": "a", "Value": "2"}])
        [{'Key': 'a', 'Value': '2'}]
    """
    if not tags:
        raise ValidationException("Atleast one Tag needs to be provided as Input.")
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) != len(keys):
        raise ValidationException("One or more parameter values were invalid: duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in keys):
        raise ValidationException(
            "One or more parameter values were invalid: tag keys must not begin with aws:"
        )
    if any(not _TAG_TEXT.fullmatch(text) for tag in tags for text in tag.values()):
        raise ValidationException(
            "One or more parameter values were invalid: tag keys and values may have letters, "
            "numbers, spaces and + - = . _ : / @ only"
        )
    together = {tag["Key"]: tag["Value"] for tag in [*known, *tags]}
    if len(together) > MAX_TAGS:
        raise ValidationException(
            f"One or more parameter values were invalid: Tag limit exceeded: {MAX_TAGS} per table"
        )
    return [{"Key": key, "Value": value} for key, value in together.items()]
