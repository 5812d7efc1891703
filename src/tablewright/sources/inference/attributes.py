"""The type of an attribute in the model's own terms, from what its values are like.

In: the profile of an attribute, or how a schema declares it. Out: an `AttributeDraft`. Figures that
come from data are rounded outwards, so that no extreme value of a user's data is copied.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from decimal import Decimal

from tablewright.core.quantities import KB, ZERO, plain
from tablewright.model.scalars import LARGEST, SMALLEST
from tablewright.sources.draft import AttributeDraft
from tablewright.sources.facts import Declared
from tablewright.sources.inference import forms
from tablewright.sources.inference.naming import words_of
from tablewright.sources.inference.personal import is_personal, may_show_values
from tablewright.sources.inference.profile import AttributeProfile
from tablewright.sources.inference.sketch import Moments

MAJORITY = 0.95
FEWEST_FOR_ENUM = 20
"""Values that must be seen before words are taken for an enum."""
MOST_ENUM_VALUES = 40
_EPOCH = (Decimal(946_684_800), Decimal(4_102_444_800))  # the years 2000 to 2100
_EPOCH_MS = (_EPOCH[0] * 1000, _EPOCH[1] * 1000)
_MONEY = frozenset(
    {"price", "amount", "total", "fee", "cost", "balance", "salary", "revenue", "tax", "discount",
     "subtotal", "payment", "usd", "eur", "money", "refund", "deposit", "budget"}
)  # fmt: skip
_COUNTER = frozenset({"count", "counter", "views", "likes", "streak", "clicks", "hits", "retries"})
_LOGIN = frozenset({"username", "login", "handle", "nick", "nickname"})
_TIME = frozenset({"created", "updated", "at", "time", "timestamp", "date", "expires", "ttl", "on"})
ARRAY_BYTES = 20
"""Of an array of PostgreSQL with one dimension, beside its elements and its header (array.h)."""
_ELEMENTS = {
    "smallint": ("int", 2), "integer": ("int", 4), "int": ("int", 4), "bigint": ("int", 8),
    "uuid": ("uuid", 16), "boolean": ("bool", 1), "date": ("date", 4),
    "timestamptz": ("timestamp", 8), "timestamp": ("timestamp", 8),
}  # fmt: skip
"""By the type of an array's elements: our type, and bytes of each."""
_IMMUTABLE = ("created", "registered", "inserted", "signup", "joined")


def attribute_draft(name: str, profile: AttributeProfile, presence: Decimal) -> AttributeDraft:
    """Return an attribute as the values that were seen suggest.

    Args:
        name: its name in the model.
        profile: what its values are like.
        presence: the share of the items that have it.
    """
    kinds = Counter({kind: n for kind, n in profile.types.items() if kind != "gzip"})
    if not kinds:
        return AttributeDraft(name=name, type="text", comment="no value was seen")
    kind, count = kinds.most_common(1)[0]
    draft = _TYPES[kind](name, profile) if kind in _TYPES else AttributeDraft(name=name, type="map")
    if count < MAJORITY * sum(kinds.values()):
        shares = ", ".join(
            f"{k} {_percent(n, sum(kinds.values()))}" for k, n in kinds.most_common()
        )
        draft.comment = f"mixed types: {shares}"
    _mark(draft, profile, presence)
    return draft


def _mark(draft: AttributeDraft, profile: AttributeProfile, presence: Decimal) -> None:
    """Add what holds for attributes of any type."""
    if presence < Decimal("0.995"):
        share = max(presence, Decimal("0.0001"))
        draft.options["presence"] = f"{plain(_rounded(share * 100, 3))}%"
    form = profile.forms.most_common(1)[0][0] if profile.forms else ""
    if is_personal(draft.name, form):
        draft.options["sensitive"] = "true"
    if draft.type in ("timestamp", "epoch", "date"):
        words = words_of(draft.name)
        if words and words[0] in _IMMUTABLE:
            draft.options["immutable"] = "true"


def _text(name: str, profile: AttributeProfile) -> AttributeDraft:
    form = _form(profile)
    words = set(words_of(name))
    enum = _enum(name, profile)
    if enum is not None:
        return enum
    if form in (forms.UUID, forms.ULID):
        return AttributeDraft(name=name, type=form)
    if form == forms.OBJECT_ID:
        return AttributeDraft(name=name, type="id(24)")
    if form in (forms.TIMESTAMP, forms.DATE):
        return AttributeDraft(name=name, type=form)
    if form in (forms.EMAIL, forms.URL, forms.PHONE, forms.DIGITS):
        return _sized(name, form, profile.sizes)
    if words & _LOGIN and profile.sizes.high <= 64:
        return _sized(name, "username", profile.sizes)
    if form in (forms.TOKEN, forms.HEX):
        return _sized(name, "token", profile.sizes)
    if "id" in words and profile.sizes.high <= 128:
        return _sized(name, "id", profile.sizes)
    if "name" in words and profile.sizes.high <= 120 and profile.sizes.mean <= 60:
        return _sized(name, "name", profile.sizes)
    if form == forms.ID and _is_nearly_unique(profile) and profile.sizes.high <= 64:
        return _sized(name, "id", profile.sizes)
    return _sized(name, "text", profile.sizes)


def _form(profile: AttributeProfile) -> str:
    if not profile.forms:
        return forms.TEXT
    form, count = profile.forms.most_common(1)[0]
    return form if count >= MAJORITY * profile.forms.total() else forms.TEXT


def _is_nearly_unique(profile: AttributeProfile) -> bool:
    return profile.present > 1 and profile.sketch.distinct >= 0.9 * profile.present


def is_unique(profile: AttributeProfile, count: int, *, fewest: int = 10) -> bool:
    """Whether no value was seen twice (within the error of the estimate)."""
    if profile.present < fewest:
        return False
    share = 1.0 if profile.sketch.is_exact else 0.9
    return profile.sketch.distinct >= share * profile.present and profile.present <= count


def _enum(name: str, profile: AttributeProfile) -> AttributeDraft | None:
    codes = profile.codes
    if not codes or not may_show_values(name):
        return None
    seen = codes.total()
    fits = seen >= FEWEST_FOR_ENUM and len(codes) <= min(MOST_ENUM_VALUES, seen / 4)
    if not fits:
        return None
    values = enum_values(codes)
    return AttributeDraft(name=name, type="enum", options={"values": values})


def enum_values(codes: Counter[str]) -> str:
    """Return the values of an enum with their shares, which add up to 100 %.

    Example:
        >>> enum_values(Counter(active=85, paused=15))
        '{active: 85%, paused: 15%}'
    """
    total = codes.total()
    shares: dict[str, Decimal] = {}
    for code, count in sorted(codes.items(), key=lambda pair: (-pair[1], pair[0])):
        shares[code] = (Decimal(count) * 100 / total).quantize(Decimal("0.01"))
    first = next(iter(shares))
    shares[first] += 100 - sum(shares.values())
    inside = ", ".join(f"{quoted(code)}: {plain(share)}%" for code, share in shares.items())
    return "{" + inside + "}"


_PLAIN_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*( [A-Za-z0-9_.-]+)*")
_YAML_WORDS = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n", "nan", "inf"})


def quoted(text: str) -> str:
    """Return a text as a YAML scalar that is read back as this text.

    Example:
        >>> quoted("active"), quoted("no"), quoted("a#b: c")
        ('active', '"no"', '"a#b: c"')
    """
    if _PLAIN_WORD.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    clean = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped)
    return f'"{clean}"'


def _number(name: str, profile: AttributeProfile) -> AttributeDraft:
    low, high = profile.low, profile.high
    assert low is not None
    assert high is not None
    words = set(words_of(name))
    if (
        not profile.places
        and _EPOCH[0] <= low
        and high <= _EPOCH[1]
        and (words & _TIME or high - low > 86_400)
    ):
        return AttributeDraft(name=name, type="epoch")
    ends = _outward(low, up=False), _outward(high, up=True)
    options = {"min": plain(_within(ends[0])), "max": plain(_within(ends[1]))}
    comment = "" if tuple(map(_within, ends)) == ends else f"{low} to {high} were seen"
    if not profile.places and _EPOCH_MS[0] <= low and high <= _EPOCH_MS[1]:
        return AttributeDraft(name=name, type="int", options=options, comment="milliseconds")
    if words & _MONEY:
        places = min(profile.places, 4)
        return AttributeDraft(name=name, type="money", options={**options, "places": str(places)})
    if profile.places:
        places = min(profile.places, 8)
        options |= {"places": str(places)}
        return AttributeDraft(name=name, type="decimal", options=options, comment=comment)
    if words & _COUNTER and low >= 0:
        options["role"] = "counter"
    return AttributeDraft(name=name, type="int", options=options, comment=comment)


def _within(number: Decimal) -> Decimal:
    """Return the figure nearest to a number that a model file can have."""
    if abs(number) < SMALLEST:
        return ZERO
    return max(-LARGEST, min(LARGEST, number))


def _outward(number: Decimal, *, up: bool) -> Decimal:
    """Round away from the values that were seen, to two digits.

    Example:
        >>> _outward(Decimal(48_213), up=True), _outward(Decimal(48_213), up=False)
        (Decimal('49000'), Decimal('48000'))
    """
    if abs(number) < 100 and number == number.to_integral_value():
        return number
    step = Decimal(1).scaleb(number.adjusted() - 1)
    rounded = (number / step).to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR") * step
    return Decimal(plain(rounded))


def _bool(name: str, profile: AttributeProfile) -> AttributeDraft:
    codes = profile.codes or Counter()
    share = Decimal(codes["true"]) / codes.total() if codes.total() else Decimal("0.5")
    return AttributeDraft(name=name, type="bool", options=_true_share(share))


def _true_share(share: Decimal) -> dict[str, str]:
    """Return how frequent true is, where that differs from one half."""
    if abs(share - Decimal("0.5")) <= Decimal("0.02"):
        return {}
    return {"top_share": f"{plain(_rounded(share * 100, 3))}%"}


def _binary(name: str, profile: AttributeProfile) -> AttributeDraft:
    return _sized(name, "binary", profile.sizes)


def _map(name: str, profile: AttributeProfile) -> AttributeDraft:
    if profile.geo >= MAJORITY * max(1, profile.types["map"]):
        return AttributeDraft(name=name, type="geo")
    return _sized(name, "map", profile.sizes, least=5)


def _list(name: str, profile: AttributeProfile) -> AttributeDraft:
    return _sized(name, "list", profile.sizes, least=3)


def _set(name: str, profile: AttributeProfile) -> AttributeDraft:
    return _sized(name, "set", profile.sizes, least=1)


_TYPES = {
    "text": _text, "number": _number, "bool": _bool, "binary": _binary, "map": _map,
    "list": _list, "set": _set,
}  # fmt: skip


def _sized(name: str, kind: str, sizes: Moments, least: int = 1) -> AttributeDraft:
    if sizes.low == sizes.high or sizes.deviation < 0.02 * float(sizes.mean):
        size = max(least, round(sizes.mean))
        return AttributeDraft(name=name, type=f"{kind}({byte_text(Decimal(size))})")
    return AttributeDraft(name=name, type=kind, options={"bytes": spread(sizes, least)})


def spread(sizes: Moments, least: int = 0) -> str:
    """Return a distribution as the model file writes it: the nearest of the shapes it has.

    Mean and deviation are those that were seen; limits are rounded outwards.
    """
    mean = _rounded(max(Decimal(least), sizes.mean), 4)
    low = max(least, _floor(sizes.quantile(0.001)))
    high = _ceiling(sizes.quantile(0.999))
    if low > mean or high < mean:
        return f"{{mean: {byte_text(mean)}}}"
    quantiles = [sizes.quantile(share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
    deviation = sizes.deviation
    # Quantiles of a normal and a uniform distribution of this mean and deviation, as multiples of
    # the deviation: z(0.05) = -1.645, z(0.25) = -0.674; a uniform one spans sqrt(12) deviations.
    normal = [float(mean) + z * deviation for z in (-1.645, -0.674, 0, 0.674, 1.645)]
    uniform = [float(mean) + z * deviation * math.sqrt(12) for z in (-0.45, -0.25, 0, 0.25, 0.45)]
    p99 = sizes.quantile(0.99)
    sigma = math.sqrt(math.log(1 + (deviation / float(mean)) ** 2)) if mean else 0.0
    middle = math.log(float(mean)) - sigma * sigma / 2 if mean else 0.0
    lognormal = [math.exp(middle + z * sigma) for z in (-1.645, -0.674, 0, 0.674, 1.645)]
    errors = {
        "lognormal": _distance(quantiles, lognormal),
        "normal": _distance(quantiles, normal) * 1.02,
        "uniform": _distance(quantiles, uniform) * 1.02,
    }
    shape = min(errors, key=lambda name: (errors[name], name))
    if shape == "uniform":
        return f"{{mean: {byte_text(mean)}, low: {low}, high: {high}, shape: uniform}}"
    if shape == "normal":
        return (
            f"{{mean: {byte_text(mean)}, deviation: {plain(_rounded(Decimal(deviation), 3))}, "
            f"low: {low}, high: {high}}}"
        )
    if p99 <= mean:
        return f"{{mean: {byte_text(mean)}}}"
    return f"{{mean: {byte_text(mean)}, p99: {byte_text(Decimal(p99))}}}"


def scaled_spread(sizes: Moments, factor: Decimal) -> str:
    """Return a distribution as written, every size times a factor."""
    mean = _rounded(sizes.mean * factor, 4)
    if sizes.deviation < 0.02 * float(sizes.mean):
        return byte_text(mean)
    return f"{{mean: {byte_text(mean)}, p99: {byte_text(Decimal(sizes.quantile(0.99)) * factor)}}}"


def _distance(seen: list[int], fitted: list[float]) -> float:
    return sum(abs(a - b) for a, b in zip(seen, fitted, strict=True))


def _floor(number: int) -> int:
    return int(_outward(Decimal(number), up=False))


def _ceiling(number: int) -> int:
    return int(_outward(Decimal(number), up=True))


def _rounded(number: Decimal, digits: int) -> Decimal:
    if not number:
        return number
    return round(number, digits - 1 - number.adjusted())


def byte_text(size: Decimal) -> str:
    """Return a number of bytes as people write it, to four digits.

    Example:
        >>> byte_text(Decimal(38912)), byte_text(Decimal(24)), byte_text(Decimal("123.44"))
        ('38KB', '24', '123.4')
    """
    if size >= 10 * KB:
        return f"{plain(_rounded(size / KB, 4))}KB"
    return plain(_rounded(size, 4))


def _percent(count: int, total: int) -> str:
    return f"{plain(_rounded(Decimal(count) * 100 / total, 2))} %"


# ---------------------------------------------------------------- what a schema declares

_DECLARED = (
    (r"uuid|guid|uniqueidentifier", "uuid"),
    (r"ulid", "ulid"),
    (r"objectid", "id(24)"),
    (r"bool(ean)?|bit|tinyint\(1\)", "bool"),
    (r"timestamp.*|datetime.*|isodate", "timestamp"),
    (r"date", "date"),
    (r"money|smallmoney", "money"),
    (r"jsonb?|map|object|mixed|m|hstore|document|variant", "map"),
    (r"(.*\[\]|array|list|l)", "list"),
    (r"set|ss|ns|bs", "set"),
    (r"bytea|.*blob|binary.*|varbinary.*|b|buffer|bytes", "binary"),
    (r"(small|medium|big)?(int|integer|serial)\d?.*|int[248]|number|n|long|bigint|int32|int64"
     r"|tinyint.*|year", "int"),
    (r"(decimal|numeric|real|float|double).*|decimal128", "decimal"),
    (r"point|geo.*|geometry|geography.*|2dsphere", "geo"),
)  # fmt: skip


def declared_draft(declared: Declared, name: str = "") -> AttributeDraft:
    """Return an attribute as its declaration says; what that leaves open is assumed.

    Example:
        >>> declared_draft(Declared(name="email", type="varchar(255)", length=255)).type
        'email'
    """
    name = name or declared.name
    shares = dict(declared.shares)
    if shares.keys() <= {"true", "false"} and shares:
        options = _true_share(shares.get("true", Decimal(0)))
        draft = AttributeDraft(name=name, type="bool", options=options)
    elif shares and shares.keys() <= set(declared.values or shares):
        draft = AttributeDraft(name=name, type="enum", options={"values": _shared_values(declared)})
    elif declared.values:
        values = "[" + ", ".join(quoted(value) for value in declared.values) + "]"
        draft = AttributeDraft(name=name, type="enum", options={"values": values})
    else:
        draft = _from_declaration(declared, name)
    if declared.unique:
        draft.options["unique"] = "true"
    if declared.null_share is not None and declared.null_share > Decimal("0.005"):
        present = 1 - min(declared.null_share, Decimal("0.9999"))
        draft.options["presence"] = f"{plain(_rounded(present * 100, 3))}%"
    if is_personal(name, forms.EMAIL if draft.type.startswith("email") else ""):
        draft.options["sensitive"] = "true"
    words = words_of(name)
    if draft.type in ("timestamp", "epoch", "date") and words and words[0] in _IMMUTABLE:
        draft.options["immutable"] = "true"
    return draft


def _shared_values(declared: Declared) -> str:
    """Return the values of an enum with their shares; those declared and not seen have none."""
    counts = Counter({code: int(share * 10**6) for code, share in declared.shares})
    for value in declared.values:
        counts.setdefault(value, 0)
    return enum_values(counts)


def _from_declaration(declared: Declared, name: str) -> AttributeDraft:
    kind = declared.type.strip().lower()
    words = set(words_of(name))
    for pattern, ours in _DECLARED:
        if re.fullmatch(pattern, kind):
            return _declared_other(declared, name, ours, words)
    return _declared_text(declared, name, words)


def _declared_other(declared: Declared, name: str, ours: str, words: set[str]) -> AttributeDraft:
    if ours == "int" and words & {"ttl", "expires", "expire", "expiry"}:
        return AttributeDraft(name=name, type="epoch")
    if ours in ("decimal", "int") and words & _MONEY:
        places = "0" if ours == "int" else "2"
        return AttributeDraft(name=name, type="money", options={"places": places})
    if ours in ("map", "list", "binary", "set"):
        size = declared.mean_bytes
        if ours == "list" and size is not None and declared.element:
            size = max(Decimal(1), size - ARRAY_BYTES)
            of, each = _ELEMENTS.get(declared.element.lower(), ("", 0))
            if of:
                items = plain(_rounded(size / each, 3))
                return AttributeDraft(name=name, type=ours, options={"of": of, "items": items})
        label = "" if size is not None else " (assumed)"
        shown = byte_text(size if size is not None and size >= 5 else Decimal(256))
        return AttributeDraft(name=name, type=ours, options={"bytes": f"{shown}{label}"})
    return AttributeDraft(name=name, type=ours)


def _declared_text(declared: Declared, name: str, words: set[str]) -> AttributeDraft:
    kind, usual = "text", 24
    if words & {"email", "mail"}:
        kind, usual = "email", 24
    elif words & {"phone", "mobile", "tel", "telephone"}:
        kind, usual = "phone", 12
    elif words & {"url", "uri", "link", "website", "avatar", "image"}:
        kind, usual = "url", 48
    elif words & {"hash", "token", "secret", "password", "signature"}:
        kind, usual = "token", 60
    elif words & _LOGIN:
        kind, usual = "username", 12
    elif words & {"id", "uuid", "guid", "key"}:
        kind, usual = "id", 24
    elif "name" in words:
        kind, usual = "name", 16
    elif words & {"at"} or (words & {"timestamp"} and not declared.length):
        return AttributeDraft(name=name, type="timestamp")
    elif words & {"description", "body", "content", "notes", "text", "message", "bio", "summary"}:
        usual = 300
    if declared.mean_bytes is not None and declared.mean_bytes >= 1:
        size = byte_text(declared.mean_bytes.quantize(Decimal(1)))
        return AttributeDraft(
            name=name,
            type=f"{kind}({size})" if kind != "email" else kind,
            options={} if kind != "email" else {"bytes": size},
        )
    if declared.length is not None:
        usual = min(usual, max(1, declared.length))
    if kind in ("email", "phone", "username", "name", "url"):
        return AttributeDraft(name=name, type=kind)
    return AttributeDraft(name=name, type=kind, options={"bytes": f"{usual} (assumed)"})
