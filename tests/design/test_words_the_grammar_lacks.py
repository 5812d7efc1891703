"""What a design cannot say yet is refused with what to do instead."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.core.errors import TablewrightError

MODEL = """
app: words
region: us-east-1
scales: [10]
entities: {Thing: {key: id, attributes: {id: uuid}}}
patterns: {read: {get: Thing, by: id, rate: 1/user/day}}
designs:
  one: {engine: dynamodb, tables: {things: {key: id, items: ThingDYNAMO}}}
  two: {engine: postgresql, tables: {things: {holds: Thing}}POSTGRES}
"""


@pytest.mark.parametrize(
    ("dynamo", "postgres", "remedy"),
    [
        (", consistency: strong", "", "of the `replicas`: {regions:"),
        (", witness: us-west-2", "", "of the `replicas`: {regions:"),
        (", warm: {reads: 20000}", "", "of the `mode`: {warm:"),
        (", on_demand_throughput: {max_reads: 5}", "", "of the `mode`: {on_demand:"),
        (", dax: yes", "", "it is a `cache`: {dax:"),
        ("", ", engine_version: 13", "the major version is written `version`"),
        ("", ", version: 9", "known are 11, 12, 13, 14, 15, 16, 17, 18"),
    ],
)
def test_a_word_it_lacks_is_answered(dynamo: str, postgres: str, remedy: str) -> None:
    text = MODEL.replace("DYNAMO", dynamo).replace("POSTGRES", postgres)
    with pytest.raises(TablewrightError) as caught:
        read_model(text, "words.yaml")
    assert remedy in str(caught.value) + repr(getattr(caught.value, "diagnostics", ""))


def test_without_them_the_file_is_read() -> None:
    read_model(MODEL.replace("DYNAMO", "").replace("POSTGRES", ""), "words.yaml")
