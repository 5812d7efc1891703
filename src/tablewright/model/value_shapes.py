"""The shapes of single values: numbers, bytes, shares, durations, rates, counts, spreads and texts.

In: nothing. Out: one shape for each kind of value that the file may hold. It does not know what the
fields are called.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from yaml.nodes import Node, ScalarNode

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE
from tablewright.model import nodes, scalars
from tablewright.model.nodes import Reading, Word
from tablewright.model.scalars import Bad
from tablewright.model.shapes import (
    ByKind,
    Field,
    Fields,
    Prose,
    RecordShape,
    Scalar,
    Schema,
    Shape,
    WordChoice,
    wrong_type,
)
from tablewright.model.values import Count, Rate, Spread


def _times(value: Decimal, factor: Decimal) -> Decimal:
    return value * factor


def _share_times(value: Decimal, factor: Decimal) -> Decimal:
    return min(ONE, value * factor)


def _rate_times(value: Rate, factor: Decimal) -> Rate:
    return replace(value, per_day=value.per_day * factor)


def _count_times(value: Count, factor: Decimal) -> Count:
    inflow = value.inflow_per_day
    return replace(
        value,
        mean=value.mean * factor,
        inflow_per_day=None if inflow is None else inflow * factor,
    )


def _bool(text: str) -> bool:
    value = nodes.boolean(text)
    if value is None:
        raise Bad
    return value


def _positive(text: str) -> int:
    value = scalars.whole(text)
    if value < 1:
        raise Bad("is less than 1")
    return value


_N = scalars.NUMBER_PATTERN


NUMBER = Scalar(scalars.number, "a number of 0 or more", _N, numeric=True, scaled=_times)


def _values_times(value: tuple[Decimal, bool], factor: Decimal) -> tuple[Decimal, bool]:
    return value[0] * factor, value[1]


VALUES_COUNT = Scalar(
    scalars.values_count,
    "a number of 0 or more, or one for each user such as 0.5/user",
    _N + r"(\s*/\s*users?)?",
    numeric=True,
    scaled=_values_times,
)


SIGNED = Scalar(scalars.signed, "a number", "-?" + _N, numeric=True, least=None, scaled=_times)


WHOLE = Scalar(scalars.whole, "a whole number", r"[0-9][0-9_]*", numeric=True, whole=True)


POSITIVE = Scalar(
    _positive,
    "a whole number of 1 or more",
    r"0*[1-9][0-9_]*",
    numeric=True,
    whole=True,
    least=1,
)


BYTES = Scalar(
    scalars.byte_count,
    "an amount of bytes such as 512, 38KB or 1.5 MB",
    rf"{_N}\s*([Kk][Bb]|[Mm][Bb]|[Gg][Bb]|[Bb])?",
    numeric=True,
    scaled=_times,
)


SHARE = Scalar(
    scalars.share,
    "a share such as 0.85 or 85%",
    rf"{_N}\s*%?",
    numeric=True,
    scaled=_share_times,
    largest=1,
)


DURATION = Scalar(
    scalars.days, "a duration such as 90d, 24h or 2w", rf"{_N}\s*[smhdwy]", scaled=_times
)


RATE = Scalar(
    scalars.rate,
    "a rate such as 45/user/day, 20/Device/day, 300/day or 10/s",
    rf"{_N}\s*/\s*([A-Za-z_][\w-]*\s*/\s*)?"
    r"(s|seconds?|min|mins|minutes?|h|hours?|d|days?|w|weeks?|months?|y|years?)",
    scaled=_rate_times,
)


COUNT_SCALAR = Scalar(
    scalars.count,
    "a count such as 2, 1/user, 200 total or 20/day",
    rf"{_N}((\s*/\s*[A-Za-z_][\w-]*){{0,2}}|\s+total)",
    numeric=True,
    scaled=_count_times,
)


BOOL = Scalar(
    _bool,
    "yes or no",
    "([Tt]rue|[Yy]es|[Oo]n|[Ff]alse|[Nn]o|[Oo]ff|TRUE|YES|ON|FALSE|NO|OFF)",
    boolean=True,
)


def _unique(text: str) -> bool | str:
    return text if text == "elsewhere" else _bool(text)


UNIQUE = Scalar(
    _unique,
    "yes, no, or `elsewhere`",
    "(elsewhere|[Tt]rue|[Yy]es|[Oo]n|[Ff]alse|[Nn]o|[Oo]ff|TRUE|YES|ON|FALSE|NO|OFF)",
    boolean=True,
)


PROSE = Prose()


_SHAPES = ("fixed", "uniform", "normal", "lognormal", "geometric", "poisson")


def spread_fields(figure: Shape) -> tuple[Field, ...]:
    """Return the fields of a spread."""
    return (
        Field("mean", figure),
        Field("low", figure),
        Field("high", figure),
        Field("min", figure, alias_of="low"),
        Field("max", figure, alias_of="high"),
        Field("p99", figure),
        Field("deviation", figure),
        Field("shape", WordChoice(_SHAPES)),
    )


def finish_spread(fields: Fields, reading: Reading) -> Spread | None:
    """Return the spread that the fields say, checked against each other."""
    mean, low, high = fields.get("mean"), fields.get("low"), fields.get("high")
    if mean is None:
        if low is None or high is None:
            if not (fields.key_spans.keys() - fields.values.keys()):
                reading.error(
                    "incomplete",
                    f"the spread `{reading.place}` needs a `mean`, or `low` and `high`",
                    fields.span,
                    "write {mean: 2KB, max: 8KB} or {low: 10, high: 40}",
                )
            return None
        mean = (low + high) / 2
        shape = str(fields.get("shape", "uniform"))
    else:
        shape = str(fields.get("shape", _implied(fields)))
    return _checked(
        Spread(
            mean=mean,
            shape=shape,
            low=low,
            high=high,
            p99=fields.get("p99"),
            deviation=fields.get("deviation"),
        ),
        fields,
        reading,
    )


def _implied(fields: Fields) -> str:
    if fields.get("deviation") is not None:
        return "normal"
    if fields.get("p99") is not None or fields.get("high") is not None:
        return "lognormal"
    return "fixed" if fields.get("low") is None else "lognormal"


def _checked(spread: Spread, fields: Fields, reading: Reading) -> Spread | None:
    if reading.is_moved:
        return _moved(spread)
    order = [
        (name, value)
        for name, value in (("low", spread.low), ("mean", spread.mean), ("high", spread.high))
        if value is not None
    ]
    for (name, value), (next_name, next_value) in pairwise(order):
        if value > next_value:
            reading.error(
                "bad-spread",
                f"`{reading.place}` has a {name} above its {next_name}",
                fields.at(next_name if next_name in fields.spans else name),
                "low, mean and high must rise",
            )
            return None
    return spread


def _moved(spread: Spread) -> Spread:
    """Return the spread with its bounds pushed along by a mean that was moved on purpose."""
    mean = spread.mean
    return replace(
        spread,
        low=None if spread.low is None else min(spread.low, mean),
        high=None if spread.high is None else max(spread.high, mean),
        p99=None if spread.p99 is None else max(spread.p99, mean),
    )


def _spread_of(text: str, figure: Scalar) -> Spread:
    return Spread(mean=figure.parse(text))


def _spread_times(value: Spread, factor: Decimal) -> Spread:
    return replace(value, mean=value.mean * factor)


def _spread_shape(figure: Scalar, what: str) -> ByKind:
    return ByKind(
        scalar=replace(figure, parse=lambda text: _spread_of(text, figure), scaled=_spread_times),
        mapping=RecordShape(f"the spread of {what}", spread_fields(figure), finish=finish_spread),
        what=f"{figure.expects}, or a spread such as {{mean: …, max: …}}",
    )


BYTES_SPREAD = _spread_shape(BYTES, "a size")


NUMBER_SPREAD = _spread_shape(NUMBER, "a number")


@frozen(kw_only=False, slots=False)
class AnyValue:
    """One value of any text; returns a `Word`."""

    expects: str = "a value"

    def read(self, node: Node, reading: Reading) -> Word | None:
        """Return the text and its place."""
        if not isinstance(node, ScalarNode) or nodes.is_null(node):
            wrong_type(self, node, reading)
            return None
        text, _ = reading.text(node)
        return Word(text, reading.span(node))

    def schema(self) -> Schema:
        """Return any single value."""
        return {"type": ["string", "number", "boolean"]}


VALUE = AnyValue()
