"""Read the attributes of an entity, in the short and in the long form.

In: the fields of the file and the `Reading`. Out: `Attribute` values; every problem is noted in the
reading. It does not know which attributes a key names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from tablewright.core.diagnostics import Span
from tablewright.core.errors import DataError
from tablewright.core.expressions import Expression
from tablewright.core.quantities import ZERO, plain
from tablewright.model.nodes import Reading, Word
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.type_text import RANGED, SIZED, TypeText, even
from tablewright.model.values import (
    Attribute,
    Kind,
)

_TIMES = (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH)
_TEXTS = (Kind.ID, Kind.TEXT, Kind.TOKEN, Kind.USERNAME, Kind.NAME, Kind.URL, Kind.EMAIL)
_WORKED_OUT = (Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.COUNTER, Kind.TEXT, Kind.NAME)
_ROLE_OF_KIND = {Kind.COUNTER: "counter", Kind.MONEY: "money", Kind.GEO: "geo"}


def stated_bytes(attribute: Attribute) -> Decimal:
    """Return the mean bytes an attribute has by what the file states; its name included."""
    size = Decimal(len(attribute.name.encode()))
    if attribute.bytes is not None:
        return size + attribute.bytes.mean
    if attribute.fields:
        return size + 3 + sum((stated_bytes(f) + 1 for f in attribute.fields), ZERO)
    if attribute.element is not None and attribute.elements is not None:
        each = stated_bytes(replace(attribute.element, name="")) + 1
        return size + 3 + each * attribute.elements.mean
    return size


def a_kind(kind: Kind) -> str:
    """Return a type with its article.

    Example:
        >>> a_kind(Kind.ENUM), a_kind(Kind.UUID)
        ('an enum', 'a uuid')
    """
    return f"{'an' if kind.value[0] in 'aeio' else 'a'} {kind.value}"


def references(entry: Entry) -> list[tuple[str, Span]]:
    """Return the entities that an attribute, or a part of it, refers to, with their places."""
    value = entry.value
    if isinstance(value, TypeText):
        span = entry.name.span
        return [(value.to, span)] if value.kind is Kind.REF and value.to else []
    if not isinstance(value, Fields):
        return []
    out: list[tuple[str, Span]] = []
    if (to := value.get("to")) is not None:
        out.append((str(to), to.span))
    kind = value.get("type")
    if kind is not None and kind.kind is Kind.REF and kind.to:
        out.append((kind.to, value.at("type")))
    if (element := value.get("of")) is not None:
        out += references(Entry(Word("of", value.at("of")), element, value.node))
    for inner in value.get("fields", ()):
        out += references(inner)
    return out


def add_or_mean(name: str, entity: str, known: list[str]) -> str:
    """Return the help for a name that is not an attribute: add it, or the one that is meant."""
    hint = suggestion(name, known, "attributes")
    if hint.startswith("did you mean"):
        return f"add `{name}` to `{entity}`, or {hint}"
    return f"add `{name}` to the attributes of `{entity}`; {hint}"


def read_attribute(name: str, entry: Entry, reading: Reading, place: str) -> Attribute:
    """Return an attribute; `place` names it in messages."""
    value = entry.value
    if isinstance(value, TypeText):
        return _from_type(name, value, entry.name.span, reading, place)
    if not isinstance(value, Fields) or value.get("type") is None:
        return Attribute(name=name, kind=Kind.TEXT)
    base = _from_type(name, value.get("type"), value.at("type"), reading, place, value)
    return _LongForm(base, value, reading, place).resolve()


def _from_type(
    name: str,
    value: TypeText,
    span: Span,
    reading: Reading,
    place: str,
    fields: Fields | None = None,
) -> Attribute:
    if value.kind is Kind.ENUM and not value.values and (fields is None or "values" not in fields):
        reading.error(
            "missing-values",
            f"`{place}` is an enum without values",
            span,
            "write enum(active, paused), or {type: enum, values: {active: 85%, paused: 15%}}",
        )
    if value.kind is Kind.REF and not value.to and (fields is None or "to" not in fields):
        reading.error(
            "incomplete",
            f"`{place}` is a ref that does not say to what",
            span,
            "write ref(Customer)",
        )
    if value.kind is Kind.VECTOR and value.dimensions is None:
        reading.error(
            "incomplete",
            f"`{place}` is a vector that does not say of how many dimensions",
            span,
            "write vector(1024)",
        )
    if value.low is not None and value.high is not None and value.low > value.high:
        reading.error(
            "bad-range",
            f"`{place}` has a range that begins at {plain(value.low)} and ends at "
            f"{plain(value.high)}",
            span,
            "write the smaller one first",
        )
    return Attribute(
        name=name,
        kind=value.kind,
        bytes=value.bytes,
        values=value.values,
        low=value.low,
        high=value.high,
        to=value.to or None,
        dimensions=value.dimensions,
        role=_ROLE_OF_KIND.get(value.kind),
    )


class _LongForm:
    """Reads the mapping form of an attribute on top of its type."""

    def __init__(self, base: Attribute, fields: Fields, reading: Reading, place: str) -> None:
        self.base, self.found, self.reading, self.place = base, fields, reading, place

    def resolve(self) -> Attribute:
        """Return the attribute."""
        result, base = self.found, self.base
        self._check_fields()
        low, high = result.get("min", base.low), result.get("max", base.high)
        if low is not None and high is not None and low > high and result.get("min") is not None:
            self._error("bad-range", f"`{self.place}` has a min above its max", "min", "swap them")
        element = result.get("of")
        distinct, is_per_user = result.get("distinct") or (None, False)
        return replace(
            base,
            bytes=result.get("bytes", base.bytes),
            values=self._values(),
            low=low,
            high=high,
            places=result.get("places", base.places),
            metric=str(result.get("metric", base.metric)),
            digits=self._digits(),
            fields=tuple(
                read_attribute(str(e.name), e, self.reading, f"{self.place}.{e.name}")
                for e in result.get("fields", ())
            ),
            element=None
            if element is None
            else read_attribute(
                "",
                Entry(Word("of", result.at("of")), element, result.node),
                self.reading,
                f"{self.place}.of",
            ),
            elements=result.get("items"),
            to=str(result.get("to")) if result.get("to") is not None else base.to,
            other=result.get("other", False),
            enforced=result.get("enforced", True),
            presence=result.get("presence", base.presence),
            distinct=distinct,
            distinct_per_user=is_per_user,
            skew=result.get("skew"),
            top_share=result.get("top_share"),
            unique=bool(result.get("unique", False)),
            unique_elsewhere=result.get("unique") == "elsewhere",
            sensitive=result.get("sensitive", False),
            role=str(result.get("role")) if result.get("role") is not None else base.role,
            immutable=result.get("immutable", False),
            compressible=result.get("compressible"),
            after=str(result.get("after", "")),
            copy_of=str(result.get("copy_of", "")),
            present_with=str(result.get("present_with", "")),
            like=result.get("like", ""),
            examples=tuple(str(word) for word in result.get("examples", ())),
            content=str(result.get("content", "")),
            equals=self._equals(),
            title=result.get("title", ""),
        )

    def _error(self, id: str, message: str, field: str, help: str) -> None:
        self.reading.error(id, message, self.found.at(field), help)

    def _check_fields(self) -> None:
        """Refuse fields that mean nothing for the type."""
        kind = self.base.kind
        allowed = {
            "bytes": kind in SIZED,
            "values": kind is Kind.ENUM,
            "min": kind in RANGED or kind is Kind.EPOCH,
            "max": kind in RANGED or kind is Kind.EPOCH,
            "places": kind in (Kind.DECIMAL, Kind.MONEY),
            "metric": kind is Kind.VECTOR,
            "digits": kind is Kind.VECTOR,
            "fields": kind is Kind.MAP,
            "of": kind in (Kind.LIST, Kind.SET),
            "items": kind in (Kind.LIST, Kind.SET),
            "to": kind is Kind.REF,
            "other": kind is Kind.REF,
            "enforced": kind is Kind.REF,
            "after": kind in _TIMES,
            "like": kind in _TEXTS,
            "examples": kind in _TEXTS,
            "content": kind in (Kind.TEXT, Kind.NAME),
            "equals": kind in _WORKED_OUT,
        }
        for field, right in allowed.items():
            if field in self.found and not right:
                self.reading.error(
                    "field-not-for-type",
                    f"`{self.place}` is of type {kind.value}, which has no `{field}`",
                    self.found.key_spans[field],
                    f"take `{field}` away, or choose another type",
                )
        if (like := self.found.get("like")) and re.search(r"\d", like) is None:
            self._error(
                "impossible-value",
                f"`{self.place}` is like `{like}`, which has no digits to count up",
                "like",
                "write the first value, such as col-001",
            )
        if "items" in self.found and "of" not in self.found:
            self._error(
                "incomplete",
                f"`{self.place}` has `items` but not `of`, the type of each",
                "items",
                f"write {{type: {kind.value}, of: uuid, items: 5}}",
            )
        if self.found.get("unique") and self.base.kind.is_container:
            self._error(
                "impossible-value",
                f"`{self.place}` is a {kind.value}, which cannot be unique",
                "unique",
                "take `unique` away",
            )

    def _equals(self) -> str:
        text: str = self.found.get("equals", "")
        if text:
            try:
                Expression(text)
            except DataError as problem:
                self._error(
                    "impossible-value",
                    f"`{self.place}` equals {problem}",
                    "equals",
                    "write an expression such as price * pieces, or 100 if plan == 'pro' else 5",
                )
                return ""
        return text

    def _digits(self) -> int:
        digits: int = self.found.get("digits", self.base.digits)
        if 1 <= digits <= 17:
            return digits
        self._error(
            "impossible-value",
            f"the components of `{self.place}` have {digits} digits",
            "digits",
            "a component is written with 1 to 17 significant digits; 8 hold a 32-bit float",
        )
        return self.base.digits

    def _values(self) -> tuple[tuple[str, Decimal], ...]:
        values = self.found.get("values")
        if values is None:
            return self.base.values
        if values and isinstance(values[0], Word):
            names = [str(word) for word in values]
            twice = next(
                (w for position, w in enumerate(values) if str(w) in names[:position]), None
            )
            if twice is not None:
                self.reading.error(
                    "duplicate-name",
                    f"`{self.place}` names the value `{twice}` twice",
                    twice.span,
                    "keep one of the two",
                )
                return ()
            return even(names)
        pairs = [(str(entry.name), entry.value) for entry in values if entry.value is not None]
        total = sum((share for _, share in pairs), ZERO)
        moved = self.reading.is_moved
        if len(pairs) < len(values) or not pairs:
            return ()
        if abs(total - 1) > Decimal("0.005") and not moved:
            self._error(
                "shares-do-not-add-up",
                f"the shares of `{self.place}` add up to {plain((total * 100).normalize())} %: "
                + " + ".join(plain((share * 100).normalize()) for _, share in pairs),
                "values",
                "they must add up to 100 %",
            )
            return ()
        return tuple((name, share / total) for name, share in pairs) if total else ()
