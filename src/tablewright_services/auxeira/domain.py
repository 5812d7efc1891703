"""The rules of the application, without clock, database or HTTP: profile, scores, types, experts.

In: plain values. Out: plain values, or `BadField` that names the field and what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tablewright.core.frozen import frozen


class BadField(ValueError):
    """A field of a request has a value it may not have."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name} {message}")
        self.name = name


# ---------------------------------------------------------------- texts and numbers

MARKUP = re.compile(r"<[A-Za-z/!?]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def plain_text(name: str, value: Any, most: int, least: int = 1) -> str:
    """Return a text without spaces around it.

    Raises:
        BadField: it is too short or too long, or holds markup or control characters.

    Example:
        >>> plain_text("title", " A well for < 100 people ", 40)
        'A well for < 100 people'
    """
    if not isinstance(value, str):
        raise BadField(name, "must be a text")
    text = value.strip()
    if not least <= len(text) <= most:
        raise BadField(name, f"must have {least} to {most} characters")
    if MARKUP.search(text) or CONTROL.search(text):
        raise BadField(name, "must not hold markup or control characters")
    return text


def whole(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number within bounds.

    Raises:
        BadField: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadField(name, f"must be a whole number from {least:,} to {most:,}")
    return value


def one_of(name: str, value: Any, values: Sequence[str]) -> str:
    """Return a value that is one of several.

    Raises:
        BadField: it is another.
    """
    if value not in values:
        raise BadField(name, f"must be one of {', '.join(values)}")
    return str(value)


def texts(name: str, value: Any, most: int, longest: int) -> list[str]:
    """Return a list of short texts in small letters, each once, in order.

    Raises:
        BadField: it is no list, or has too many or too long entries.
    """
    if not isinstance(value, list) or len(value) > most:
        raise BadField(name, f"must be a list of at most {most} texts")
    return sorted({plain_text(name, each, longest).lower() for each in value})


# ---------------------------------------------------------------- profile

INDUSTRIES = (
    "energy", "finance", "food", "health", "mining", "retail", "technology", "transport",
)  # fmt: skip
COUNTRIES = ("DE", "FR", "GB", "GH", "IN", "KE", "NG", "NL", "SE", "UG", "US", "ZA")
REVENUE_BANDS = ("small", "medium", "large")
ORGANISATION = ("organisation", "industry", "country", "employees", "revenueBand")
"""What a profile begins with, beside its sections."""
EXPERTISE = ("skills", "industries", "regions", "rate")
"""What only the profile of an expert has."""

SHARE, YES_NO = "share", "yes-no"
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "environment": {
        "renewableShare": SHARE,
        "recycledShare": SHARE,
        "reusedWaterShare": SHARE,
        "screenedSuppliersShare": SHARE,
        "measuresEmissions": YES_NO,
        "hasReductionTarget": YES_NO,
        "hasBiodiversityPolicy": YES_NO,
    },
    "social": {
        "livingWageShare": SHARE,
        "trainedShare": SHARE,
        "accessibleSitesShare": SHARE,
        "hasHumanRightsPolicy": YES_NO,
        "hasSafetySystem": YES_NO,
        "hasParentalLeave": YES_NO,
        "supportsCommunity": YES_NO,
    },
    "governance": {
        "independentBoardShare": SHARE,
        "boardAttendanceShare": SHARE,
        "ethicsTrainedShare": SHARE,
        "hasEthicsCode": YES_NO,
        "protectsWhistleblowers": YES_NO,
        "protectsPersonalData": YES_NO,
    },
}
"""The twenty fields that a complete profile answers: a share is 0 to 100, the others yes or no."""
FIELDS = sum(len(fields) for fields in SECTIONS.values())
Sections = dict[str, dict[str, Any]]


def organisation_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request says of the organisation itself.

    Raises:
        BadField: a value may not be.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "organisation": lambda value: plain_text("organisation", value, 100),
        "industry": lambda value: one_of("industry", value, INDUSTRIES),
        "country": lambda value: one_of("country", value, COUNTRIES),
        "employees": lambda value: whole("employees", value, 1, 10_000_000),
        "revenueBand": lambda value: one_of("revenueBand", value, REVENUE_BANDS),
        "skills": lambda value: texts("skills", value, 20, 40),
        "industries": lambda value: texts("industries", value, len(INDUSTRIES), 20),
        "regions": lambda value: [each.upper() for each in texts("regions", value, 20, 2)],
        "rate": lambda value: whole("rate", value, 1, 100_000_000),
    }
    return {name: check(body[name]) for name, check in checks.items() if name in body}


def section_fields(sections: Any) -> Sections:
    """Return the answers of a request, by section.

    Raises:
        BadField: a section or field is unknown, or an answer may not be.
    """
    if not isinstance(sections, Mapping):
        raise BadField("sections", "must be an object")
    answers: Sections = {}
    for section, fields in sections.items():
        known = SECTIONS.get(section)
        if known is None or not isinstance(fields, Mapping):
            raise BadField("sections", f"are objects: {', '.join(SECTIONS)}")
        for name, value in fields.items():
            place = f"sections.{section}.{name}"
            if name not in known:
                raise BadField(place[:80], f"is none of {', '.join(known)}")
            if known[name] == SHARE:
                value = whole(place, value, 0, 100)
            elif not isinstance(value, bool):
                raise BadField(place, "must be true or false")
            answers.setdefault(section, {})[name] = value
    return answers


def merged(before: Mapping[str, Any], given: Sections) -> Sections:
    """Return stored answers with new ones; all three sections are there."""
    return {name: {**before.get(name, {}), **given.get(name, {})} for name in SECTIONS}


def missing_fields(sections: Mapping[str, Any]) -> list[str]:
    """Return the fields that are not answered yet, as `section.field`."""
    return [
        f"{section}.{name}"
        for section, fields in SECTIONS.items()
        for name in fields
        if sections.get(section, {}).get(name) is None
    ]


def completion_percent(sections: Mapping[str, Any]) -> int:
    """Return how much of the twenty fields is answered, in per cent."""
    return (FIELDS - len(missing_fields(sections))) * 100 // FIELDS


def esg_score(sections: Mapping[str, Any]) -> int:
    """Return the score of 0 to 100: the mean of the three sections, half a point up.

    A section's score is the mean over its fields: a share counts as it is, yes 100, no and what is
    not answered 0.
    """
    means = []
    for section, fields in SECTIONS.items():
        answers = sections.get(section, {})
        points = [_points(kind, answers.get(name)) for name, kind in fields.items()]
        means.append(sum(points, Decimal(0)) / len(points))
    return int((sum(means, Decimal(0)) / len(means)).quantize(Decimal(1), ROUND_HALF_UP))


def _points(kind: str, value: Any) -> Decimal:
    if value is None:
        return Decimal(0)
    return Decimal(value) if kind == SHARE else Decimal(100 if value else 0)


# ---------------------------------------------------------------- reports


@frozen(kw_only=False)
class ReportType:
    """One of the fifteen types."""

    name: str
    title: str
    is_premium: bool = False
    sections: tuple[str, ...] = ("environment", "social", "governance")
    """The sections of the profile that it speaks of."""


_ENVIRONMENT, _SOCIAL, _GOVERNANCE = ("environment",), ("social",), ("governance",)
REPORT_TYPES: Mapping[str, ReportType] = {
    each.name: each
    for each in (
        ReportType("sustainability", "Sustainability overview"),
        ReportType("carbon", "Carbon footprint", sections=_ENVIRONMENT),
        ReportType("energy", "Energy", sections=_ENVIRONMENT),
        ReportType("water", "Water", sections=_ENVIRONMENT),
        ReportType("waste", "Waste and circularity", sections=_ENVIRONMENT),
        ReportType("biodiversity", "Biodiversity", sections=_ENVIRONMENT),
        ReportType("workforce", "Workforce and diversity", sections=_SOCIAL),
        ReportType("safety", "Health and safety", sections=_SOCIAL),
        ReportType("supply-chain", "Human rights and supply chain"),
        ReportType("community", "Community impact", sections=_SOCIAL),
        ReportType("governance", "Governance and ethics", True, _GOVERNANCE),
        ReportType("climate-risk", "Climate risk", True),
        ReportType("disclosure", "Disclosure index", True),
        ReportType("goals", "Alignment with the Sustainable Development Goals", True),
        ReportType("benchmark", "Peer benchmark", True),
    )
}
TAKEN_AWAY = "-"
"""Before the name of a type in the list of entitlements: one of it was paid back."""
PREMIUM = tuple(each.name for each in REPORT_TYPES.values() if each.is_premium)


def is_entitled(kind: str, entitlements: Sequence[str]) -> bool:
    """Whether a type is paid for: bought more often than it was paid back.

    Entitlements are only ever added, as a purchase and a refund may come at once.

    Example:
        >>> is_entitled("benchmark", ["benchmark", "-benchmark"])
        False
    """
    return entitlements.count(kind) > entitlements.count(f"{TAKEN_AWAY}{kind}")


# ---------------------------------------------------------------- boards


def boards_of(industry: str, country: str) -> tuple[str, str, str]:
    """Return the boards that an organisation stands on."""
    return "global", f"industry#{industry}", f"country#{country}"


BOARDS = ("global", *(f"industry#{i}" for i in INDUSTRIES), *(f"country#{c}" for c in COUNTRIES))


def board_named(text: str) -> str | None:
    """Return the board that a path names; None for none.

    Example:
        >>> board_named("industry-energy"), board_named("country:ng"), board_named("moon")
        ('industry#energy', 'country#NG', None)
    """
    kind, _, which = re.sub(r"[-:#]", " ", text, count=1).partition(" ")
    name = f"{kind}#{which.upper() if kind == 'country' else which}" if which else kind
    return name if name in BOARDS else None


def ranked(standings: Iterable[Any]) -> list[tuple[int, Any]]:
    """Return standings with their ranks: score descending, ties by the user's id."""
    ordered = sorted(standings, key=lambda each: (-each.score, each.userId))
    return list(enumerate(ordered, 1))


def percentile(score: int, peer_scores: Sequence[int]) -> int | None:
    """Return how many per cent of the others score lower, half up; None without others.

    Example:
        >>> percentile(60, [10, 20, 60, 90]), percentile(60, [])
        (50, None)
    """
    if not peer_scores:
        return None
    lower = sum(1 for peer_score in peer_scores if peer_score < score)
    return int((Decimal(lower) * 100 / len(peer_scores)).quantize(Decimal(1), ROUND_HALF_UP))


# ---------------------------------------------------------------- experts

BEST_EXPERTS = 10


def expert_score(
    need: frozenset[str], industry: str, region: str, expert: Any, own_industry: str
) -> Decimal:
    """Return 0.5 x share of the needed skills + 0.3 x industry + 0.2 x region, to three places."""
    skills = frozenset(expert.skills or ())
    overlap = Decimal(len(need & skills)) / len(need)
    has_industry = bool(industry) and industry in (own_industry, *(expert.industries or ()))
    has_region = bool(region) and region in (expert.country, *(expert.regions or ()))
    score = overlap * Decimal("0.5") + has_industry * Decimal("0.3") + has_region * Decimal("0.2")
    return score.quantize(Decimal("0.001"), ROUND_HALF_UP)


# ---------------------------------------------------------------- payments

CREDIT_PACKS = {5: 150_000, 20: 450_000}
"""Credits and what they cost, in minor units of `PRICE_CURRENCY`."""
REPORT_TYPE_PRICE = 300_000
"""What any number of reports of one premium type costs."""
PRICE_CURRENCY = "NGN"
CURRENCIES = ("EUR", "USD", "NGN", "KES")
LEAST_PLEDGE, MOST_PLEDGE = 500, 500_000
LEAST_GOAL, MOST_GOAL = 100_000, 10_000_000

ACTIVITIES = ("login", "view", "save", "generate", "pledge", "search")
"""Kinds of activity events."""
