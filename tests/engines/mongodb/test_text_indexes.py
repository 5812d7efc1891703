"""A text index of MongoDB has an entry for each different word of each text."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.session import Session

MODEL = """\
app: pages
region: us-east-1
scales: [1000]
entities:
  Page:
    key: id
    count: 10/user
    attributes:
      id: id(24)
      title: {type: text, examples: [red red blue]}
      body: {type: text, examples: [one two three four two]}
      state: {type: enum, values: [new, done]}
patterns:
  find: {search: Page, by: body, limit: 5, rate: 1/user/day}
  add: {put: Page, rate: 1/user/day}
  correct: {update: Page, by: id, set: [body], rate: 1/user/day}
  finish: {update: Page, by: id, set: [state], rate: 1/user/day}
designs:
  d:
    engine: mongodb
    collections: {pages: {holds: Page, indexes: {words: {title: text, body: text}}}}
"""


def evaluated():
    return Session(file=read_model(MODEL, "pages.yaml")).evaluate("d", 1000)


def test_each_different_word_of_each_text_is_an_entry() -> None:
    # `red`, `blue` of the title, `one`, `two`, `three`, `four` of the body: six of 10,000 pages.
    [words] = [facts for facts in evaluated().resources if facts.name == "pages/words"]
    assert words.entries == 60_000
    # Three bytes of overhead and four of the record id, the word with its type and end, ten for
    # the weight: 7 + (3 + 2) + 10 = 22 for a word of three letters; 22 + 23 + 22 + 22 + 24 + 23.
    assert words.shapes[0].sizes.mean.mean == Decimal(136) / 6


def test_a_write_of_a_text_writes_the_entries_of_its_words() -> None:
    written = {
        name: sum(
            (
                use.units.mean
                for request in evaluated().route(name).requests
                for use in request.uses
                if use.dimension == "index write"
            ),
            Decimal(0),
        )
        for name in ("add", "correct", "finish")
    }
    # A new page: six words and its _id. Another body: the six entries of the page are taken out
    # and put in at the most. A state is in no index.
    assert written == {"add": 7, "correct": 12, "finish": 0}


def test_a_search_reads_the_pages_it_finds_and_not_all_words() -> None:
    uses = {
        (use.resource, use.dimension): use.units.mean
        for request in evaluated().route("find").requests
        for use in request.uses
    }
    # A hundredth of 10,000 pages has the word (assumed); five of them are wanted.
    assert uses["pages/words", "read"] <= 100
    assert uses["pages", "read"] == 5
