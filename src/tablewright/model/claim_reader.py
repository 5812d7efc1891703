"""Read the claims of a model file.

In: an entry under `claims:`, the names of the designs and the `Reading`. Out: a `Claim`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tablewright.model import scalars
from tablewright.model.grammar import GRADES
from tablewright.model.nodes import Reading, Word
from tablewright.model.scalars import Bad
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import (
    Claim,
)

_BYTES_CLAIMS = frozenset({"storage_bytes", "table_bytes", "index_bytes"})


def read_claim(entry: Entry, designs: list[str], reading: Reading) -> Claim | None:
    """Return a claim, None where it does not say what it is about."""
    value = entry.value
    if not isinstance(value, Fields) or value.get("about") is None:
        return None
    about = str(value.get("about"))
    for field in ("design", "other"):
        word = value.get(field)
        if word is not None and str(word) not in designs:
            reading.error(
                "unknown-design",
                f"claim `{entry.name}` is about the design `{word}`, which this file does not have",
                word.span,
                suggestion(str(word), designs, "designs"),
            )
    low, high, said = _claimed(entry, value, about, reading)
    if about == "fact" and "verdict" not in value:
        reading.error(
            "incomplete",
            f"claim `{entry.name}` is a fact without a verdict",
            entry.name.span,
            "add `verdict: holds`, `does not hold` or `unclear`, and `answer: …`",
        )
    if about == "saving_share" and "other" not in value:
        reading.error(
            "incomplete",
            f"claim `{entry.name}` is a saving, but does not say against which design",
            entry.name.span,
            "add `design:` (what it is now) and `other:` (what saves)",
        )
    return Claim(
        id=str(entry.name),
        says=value.get("says", ""),
        about=about,
        design=str(value.get("design", "")),
        other=str(value.get("other", "")),
        table=str(value.get("table", "")),
        users=value.get("users"),
        low=low,
        high=high,
        region=value.get("region", ""),
        prices_as_of=value.get("prices", ""),
        answer=value.get("answer", "") or said,
        verdict=str(value.get("verdict", "")),
        span=entry.name.span,
    )


def _claimed(
    entry: Entry, fields: Fields, about: str, reading: Reading
) -> tuple[Decimal | None, Decimal | None, str]:
    """Return the band of the claimed figure, or the claimed grade as text."""
    words = fields.get("value", ())
    if not words:
        if about != "fact" and "value" not in fields:
            reading.error(
                "incomplete",
                f"claim `{entry.name}` is about {about}, but has no `value`",
                entry.name.span,
                "add `value:` with the claimed figure, or a band such as [5, 15]",
            )
        return None, None, ""
    if about == "grade":
        if str(words[0]) not in GRADES:
            reading.error(
                "impossible-value",
                f"claim `{entry.name}` claims the grade `{words[0]}`",
                words[0].span,
                "grades are A+ to D- and F",
            )
        return None, None, str(words[0])
    figures = [figure for word in words if (figure := _figure(word, about, entry, reading))]
    values = [value for (value,) in figures]
    if not values:
        return None, None, ""
    if values != sorted(values):
        reading.error(
            "bad-range",
            f"claim `{entry.name}` has a band that begins above its end",
            fields.at("value"),
            "write the smaller figure first",
        )
    return values[0], values[-1], ""


def _figure(word: Word, about: str, entry: Entry, reading: Reading) -> tuple[Decimal] | None:
    text = re.sub(r"^\$\s*|,(?=\d{3})", "", word)
    try:
        if about in _BYTES_CLAIMS:
            return (scalars.byte_count(text),)
        if about == "saving_share":
            return (scalars.share(text),)
        return (scalars.number(text),)
    except Bad as bad:
        reading.error(
            "impossible-value",
            f"claim `{entry.name}` has the value `{word}`, which "
            + (bad.reason or "is not a figure"),
            word.span,
            bad.help or "write a figure such as 11.25, 540MB or 85%",
        )
        return None
