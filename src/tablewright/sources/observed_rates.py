"""Put observed rates into a model file, where its author has not changed them since.

In: the text, calls observed and expected, the text as it was written last. Out: the merged text. A
pattern whose requests are counted alone gets its observed rate; patterns that share a count keep
their proportions. The merge is that of `init --refresh`: lines that were edited stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.evaluation.health import ObservedCalls
from tablewright.model.values import Model
from tablewright.sources.refresh import RefreshConflict, merge

SEEN = "(seen)"
_RATE = re.compile(
    r"(?P<before>\brate:\s*[\"']?)(?P<number>[0-9][0-9,_.]*)(?P<unit>(?:/[A-Za-z_]\w*)+)"
    r"(?P<mark>\s*\((?:assumed|seen)\))?"
)
_DIGITS = 3


@frozen
class RateChange:
    """One rate that was observed to be another."""

    pattern: str
    before: str
    after: str


@frozen
class RewrittenRates:
    """A model text with observed rates."""

    text: str
    base: str
    """The text to keep for the next merge."""
    changes: tuple[RateChange, ...]
    conflicts: tuple[RefreshConflict, ...]
    skipped: tuple[str, ...]
    """Patterns whose rate is not written in one line with the pattern."""


def factors(calls: Sequence[ObservedCalls]) -> dict[str, Decimal]:
    """Return, by pattern, observed over expected calls; patterns with several counts their mean."""
    sums: dict[str, list[Decimal]] = {}
    for each in calls:
        if each.expected_per_day and each.observed_per_day:
            for pattern in each.patterns:
                sums.setdefault(pattern, []).append(each.observed_per_day / each.expected_per_day)
    return {name: sum(values, Decimal(0)) / len(values) for name, values in sums.items()}


def with_observed_rates(
    text: str, base: str, model: Model, by_pattern: Mapping[str, Decimal]
) -> RewrittenRates:
    """Return a model text whose patterns have the rates that were observed.

    Args:
        text: the file as it is.
        base: as it was written last; the same text the first time.
        model: what the file says.
        by_pattern: observed over expected, by pattern.
    """
    lines = text.splitlines()
    base_lines = base.splitlines()
    theirs = list(base_lines)
    changes: list[RateChange] = []
    skipped: list[str] = []
    for name, factor in sorted(by_pattern.items()):
        span = model.pattern(name).span
        place = None if span is None else _line_of(lines, span.line - 1)
        if place is None:
            skipped.append(name)
            continue
        match = _RATE.search(lines[place])
        assert match is not None
        number = Decimal(re.sub(r"[,_]", "", match["number"]))
        rate = f"{_rounded(number * factor)}{match['unit']} {SEEN}"
        before = f"{match['number']}{match['unit']}{match['mark'] or ''}"
        if rate == before:
            continue
        changes.append(RateChange(pattern=name, before=before, after=rate))
        new = lines[place][: match.start()] + match["before"] + rate + lines[place][match.end() :]
        _put(theirs, base_lines, lines[place], new, name)
    merged = merge(base, text, "\n".join(theirs) + "\n")
    return RewrittenRates(
        text=merged.text,
        base="\n".join(theirs) + "\n",
        changes=tuple(changes),
        conflicts=tuple(merged.conflicts),
        skipped=tuple(skipped),
    )


def _line_of(lines: Sequence[str], start: int) -> int | None:
    """Return the line with the rate of the pattern that begins on a line; None if it has none."""
    if not 0 <= start < len(lines):
        return None
    indent = len(lines[start]) - len(lines[start].lstrip())
    for place in range(start, len(lines)):
        line = lines[place]
        if place > start and line.strip() and len(line) - len(line.lstrip()) <= indent:
            return None
        if _RATE.search(line):
            return place
    return None


def _put(theirs: list[str], base: Sequence[str], old: str, new: str, name: str) -> None:
    """Change the line of a pattern where it is as it was; else where the pattern's name begins."""
    if old in base:
        theirs[base.index(old)] = new
        return
    for place, line in enumerate(base):
        if line.lstrip().startswith(f"{name}:") and _RATE.search(line):
            theirs[place] = new
            return


def _rounded(number: Decimal) -> str:
    """Return a number to three digits, without exponent.

    Example:
        >>> _rounded(Decimal("12345.6")), _rounded(Decimal("0.012345"))
        ('12300', '0.0123')
    """
    if not number:
        return "0"
    shown = number.quantize(Decimal(1).scaleb(number.adjusted() - _DIGITS + 1))
    text = format(shown, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
