"""From findings to a grade: penalties, category scores, caps, the overall formula, the lines.

In: findings with level, exposure and confidence, the categories with their weights, and how much
could be assessed. Out: a `ReportCard`. It knows neither rules nor designs, and is deterministic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from decimal import ROUND_HALF_UP, Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO, plain
from tablewright.review.advisory import Advisory
from tablewright.review.findings import Finding, Level

PENALTIES: Mapping[Level, Decimal] = {
    Level.CRITICAL: Decimal(40),
    Level.HIGH: Decimal(20),
    Level.MEDIUM: Decimal(8),
    Level.LOW: Decimal(3),
    Level.INFO: ZERO,
}
GRADES: tuple[tuple[str, Decimal], ...] = tuple(
    (letter, Decimal(least))
    for letter, least in (
        ("A+", 97),
        ("A", 93),
        ("A-", 90),
        ("B+", 87),
        ("B", 83),
        ("B-", 80),
        ("C+", 77),
        ("C", 73),
        ("C-", 70),
        ("D", 60),
        ("F", 0),
    )
)
FULL = Decimal(100)
SURE = Decimal("0.7")
"""From this confidence on a critical finding caps its category at F."""
WELL_COVERED = Decimal("0.9")
BARELY_COVERED = Decimal("0.6")
ROOMY = Decimal(2)
"""Least headroom of the highest grade."""


@frozen
class Category:
    """A category of rules and what it weighs in the overall grade."""

    name: str
    title: str
    weight: Decimal


@frozen
class Unassessed:
    """A rule that could not be decided on a subject, and the input that is missing."""

    rule: str
    title: str
    category: str
    subject: str
    missing: str
    level: Level = Level.INFO
    """The severity the rule would have had, without more knowledge."""


@frozen
class Strength:
    """A rule that was checked and found in order, and what it was checked on."""

    rule: str
    title: str
    """The trouble the rule looks for."""
    category: str
    subjects: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    """What shows it, where the rule gives numbers."""


@frozen
class CategoryGrade:
    """One category: its score, its letter, and the line that explains both."""

    category: str
    title: str
    weight: Decimal
    raw: Decimal
    """Before the cap."""
    score: Decimal
    letter: str
    cap: str = ""
    """Why the score was capped, such as `cap 59: critical`."""
    line: str = ""


@frozen
class PathStep:
    """One step of the improvement path: a fix that was applied, and where it led."""

    text: str
    rules: tuple[str, ...]
    subjects: tuple[str, ...]
    effort: int
    saves_per_month: Decimal
    cost_once: Decimal | None
    score: Decimal
    """Overall score after the step."""
    letter: str
    usd_per_month: Decimal
    """The bill after the step."""
    usd_at: tuple[tuple[int, Decimal], ...] = ()
    """The bill after the step at other numbers of users, ascending."""


@frozen
class MissingInput:
    """An input that is missing, and how many rules wait for it."""

    missing: str
    rules: tuple[str, ...]
    subjects: tuple[str, ...]


@frozen(slots=False)
class ReportCard:
    """What a review says of one design at one scale."""

    design: str
    users: int
    score: Decimal
    letter: str
    low_score: Decimal
    low_letter: str
    """Below the score where less than 60 % could be assessed: then the grade is a range."""
    coverage: Decimal
    categories: tuple[CategoryGrade, ...]
    findings: tuple[Finding, ...]
    """By severity, then saving, then rule, then subject. Accepted ones are not among them."""
    accepted: tuple[Finding, ...] = ()
    unassessed: tuple[Unassessed, ...] = ()
    passed: int = 0
    """Pairs of rule and subject that were assessed and found in order."""
    strengths: tuple[Strength, ...] = ()
    """The rules of those pairs, in the order of the catalogue."""
    cap: str = ""
    """Why the overall score was capped."""
    path: tuple[PathStep, ...] = ()
    questions: tuple[MissingInput, ...] = ()
    advisory: Advisory | None = None
    notes: tuple[str, ...] = ()
    """What a reader must know of how the review was done."""

    @property
    def is_range(self) -> bool:
        """Whether too little was known for one grade."""
        return self.low_score != self.score

    @property
    def grade(self) -> str:
        """The letter, or two of them where it is a range.

        A range reads from low to high, such as `C to B+`.
        """
        if not self.is_range or self.low_letter == self.letter:
            return self.letter
        return f"{self.low_letter} to {self.letter}"

    def category(self, name: str) -> CategoryGrade:
        """Return a category's grade by name (KeyError if no rule of it applied)."""
        for category in self.categories:
            if category.category == name:
                return category
        raise KeyError(name)

    def count(self, level: Level) -> int:
        """Return how many findings have this level."""
        return sum(1 for finding in self.findings if finding.level is level)


@frozen
class Score:
    """The outcome of grading, before anything is said about paths or scales."""

    score: Decimal
    letter: str
    cap: str
    categories: tuple[CategoryGrade, ...]
    uncapped: Decimal
    """What it would be if nothing were capped: it moves with every fix."""


@frozen
class Charge:
    """What one finding takes off its category."""

    finding: Finding
    penalty: Decimal
    repetition: Decimal


def letter_of(score: Decimal) -> str:
    """Return the letter of a score.

    Example:
        >>> letter_of(Decimal("92.5")), letter_of(Decimal(76)), letter_of(Decimal("59.9"))
        ('A-', 'C', 'F')
    """
    return next(letter for letter, least in GRADES if score >= least)


def is_at_least(letter: str, wanted: str) -> bool:
    """Whether a grade is as good as another.

    Example:
        >>> is_at_least("B+", "B"), is_at_least("C", "B"), is_at_least("A", "a")
        (True, False, True)
    """
    order = [known for known, _ in GRADES]
    return order.index(letter) <= order.index(wanted.upper())


def charges(findings: Iterable[Finding]) -> tuple[Charge, ...]:
    """Return the penalty of each finding, the heaviest of each rule first.

    A penalty is severity times exposure times confidence; the i-th finding of one rule counts
    half as much as the one before it, so that ten cost at most twice the first.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    out: list[Charge] = []
    for rule in sorted(by_rule):
        factor = ONE
        for finding in sorted(by_rule[rule], key=lambda f: (-bare_penalty(f), f.subject)):
            penalty = bare_penalty(finding) * factor
            out.append(Charge(finding=finding, penalty=penalty, repetition=factor))
            factor /= 2
    return tuple(sorted(out, key=lambda c: (-c.penalty, c.finding.rule, c.finding.subject)))


def bare_penalty(finding: Finding) -> Decimal:
    """Return the penalty of a finding before repetition counts."""
    return PENALTIES[finding.level] * finding.exposure * finding.confidence


def grade(
    findings: Sequence[Finding],
    categories: Sequence[Category],
    *,
    applicable: Iterable[str],
    severe_rules: Iterable[str] = (),
    coverage: Decimal = ONE,
    least_headroom: Decimal | None = None,
    saving_share: Decimal | None = None,
) -> Score:
    """Return scores and letters of the categories and of the whole.

    Args:
        findings: those that count; accepted ones and consequences stay outside.
        categories: all there are, with their weights.
        applicable: names of the categories in which at least one rule applied.
        severe_rules: rules whose critical finding means data lost, wrong or leaked.
        coverage: share of what applied that could be assessed.
        least_headroom: the tightest limit over its usage at the reviewed scale.
        saving_share: of the bill, what fixes save at least; it bounds the grade of the cost.
    """
    named = set(applicable)
    charged = charges(f for f in findings if not f.accepted)
    graded = tuple(
        _grade_category(
            category,
            [c for c in charged if c.finding.category == category.name],
            saving_share if category.name == "cost" else None,
        )
        for category in categories
        if category.name in named and category.weight > 0
    )
    raw = overall(graded)
    score, cap = _cap_overall(raw, [c.finding for c in charged], frozenset(severe_rules))
    letter = letter_of(score)
    if letter == "A+" and not _earns_best(charged, coverage, least_headroom):
        letter = "A"
    return Score(
        score=score,
        letter=letter,
        cap=cap,
        categories=graded,
        uncapped=overall([replace(c, score=c.raw) for c in graded]),
    )


WITHOUT_A_FIGURE = Decimal(76)


def without_a_figure(score: Score) -> Score:
    """Return the score of a design of which nobody can say what it costs: a C at most.

    Nothing about its cost could be found, and where nothing that is sold suffices it cannot run.
    """
    if score.score <= WITHOUT_A_FIGURE:
        return score
    return replace(
        score,
        score=WITHOUT_A_FIGURE,
        letter=letter_of(WITHOUT_A_FIGURE),
        cap="cap 76: nobody can say what it costs",
    )


def overall(graded: Sequence[CategoryGrade]) -> Decimal:
    """Return 0.6 of the weighted mean and 0.4 of the mean of the three lowest categories."""
    if not graded:
        return FULL
    weight = sum((c.weight for c in graded), ZERO)
    mean = sum((c.weight * c.score for c in graded), ZERO) / weight
    lowest = sorted(c.score for c in graded)[:3]
    return Decimal("0.6") * mean + Decimal("0.4") * sum(lowest, ZERO) / len(lowest)


def _grade_category(
    category: Category, charged: Sequence[Charge], saving_share: Decimal | None
) -> CategoryGrade:
    raw = max(ZERO, FULL - sum((c.penalty for c in charged), ZERO))
    cap, reason = min(
        _category_cap([c.finding for c in charged]), _saving_cap(saving_share), key=lambda c: c[0]
    )
    score = min(raw, cap)
    letter = letter_of(score)
    return CategoryGrade(
        category=category.name,
        title=category.title,
        weight=category.weight,
        raw=raw,
        score=score,
        letter=letter,
        cap=reason,
        line=_line(category, raw, letter, reason, charged),
    )


SAVING_CAPS: tuple[tuple[Decimal, Decimal], ...] = (
    (Decimal("0.5"), Decimal(59)),
    (Decimal("0.3"), Decimal(69)),
    (Decimal("0.1"), Decimal(79)),
    (Decimal("0.05"), Decimal(89)),
)
"""From which share of the bill that can be saved the score of cost efficiency is capped."""


def _saving_cap(share: Decimal | None) -> tuple[Decimal, str]:
    """Return the cap for what can be saved, such as 59 where half of the bill is."""
    for least, cap in SAVING_CAPS:
        if share is not None and share >= least:
            return cap, f"cap {cap}: fixes save {plain((share * 100).quantize(ONE))} % of the bill"
    return FULL, ""


def _category_cap(findings: Sequence[Finding]) -> tuple[Decimal, str]:
    critical = [f for f in findings if f.level is Level.CRITICAL]
    if any(f.confidence >= SURE for f in critical):
        return Decimal(59), "cap 59: critical"
    if critical:
        return Decimal(69), "cap 69: critical, but unsure"
    if any(f.level is Level.HIGH for f in findings):
        return Decimal(89), "cap 89: high"
    return FULL, ""


def _cap_overall(
    raw: Decimal, findings: Sequence[Finding], severe: frozenset[str]
) -> tuple[Decimal, str]:
    critical = [f for f in findings if f.level is Level.CRITICAL]
    places = {f.category for f in critical}
    worst = [f for f in critical if f.rule in severe and f.confidence >= SURE]
    caps: list[tuple[Decimal, str]] = []
    if critical:
        caps.append((Decimal(76), "cap 76: a critical finding"))
    if len(places) >= 2:
        caps.append((Decimal(66), "cap 66: critical findings in two categories"))
    if len(places) >= 3:
        caps.append((Decimal(59), "cap 59: critical findings in three categories"))
    if worst:
        caps.append((Decimal(59), f"cap 59: {worst[0].rule} loses, falsifies or leaks data"))
    if not caps:
        return raw, ""
    cap, reason = min(caps, key=lambda cap: cap[0])
    return (cap, reason) if raw > cap else (raw, "")


def _earns_best(
    charged: Sequence[Charge], coverage: Decimal, least_headroom: Decimal | None
) -> bool:
    return (
        coverage >= WELL_COVERED
        and all(c.finding.level <= Level.LOW for c in charged)
        and (least_headroom is None or least_headroom >= ROOMY)
    )


def _line(
    category: Category, raw: Decimal, letter: str, cap: str, charged: Sequence[Charge]
) -> str:
    head = f"{category.title} {shown(raw)} -> {letter}" + (f" ({cap})" if cap else "")
    parts = [_part(charge) for charge in charged if charge.penalty]
    return f"{head}. {'; '.join(parts)}" if parts else head


def _part(charge: Charge) -> str:
    finding = charge.finding
    text = f"-{shown(charge.penalty)} {finding.rule} {finding.subject}"
    factors = []
    if finding.exposure != 1 or finding.confidence != 1 or charge.repetition != 1:
        factors = [f"e {_three(finding.exposure)}", f"c {plain(finding.confidence)}"]
    if charge.repetition != 1:
        factors.append(f"repeated, counts {plain(charge.repetition)}")
    return f"{text} ({', '.join(factors)})" if factors else text


def shown(score: Decimal) -> str:
    """Return a score with one decimal, as people read it.

    Example:
        >>> shown(Decimal("44.45")), shown(Decimal(100))
        ('44.5', '100.0')
    """
    return format(score.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP), "f")


def _three(value: Decimal) -> str:
    return plain(value.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP))


@frozen
class Coverage:
    """How much of what applied could be assessed, weighted by severity."""

    assessed: Decimal = ZERO
    missing: Decimal = ZERO
    unassessed: tuple[Unassessed, ...] = field(default=())

    @property
    def share(self) -> Decimal:
        """The share that was assessed; all of it where nothing applied."""
        total = self.assessed + self.missing
        return self.assessed / total if total else ONE


def pessimistic(unassessed: Iterable[Unassessed]) -> tuple[Finding, ...]:
    """Return the findings that what was not assessed might turn out to be, at e = c = 0.5."""
    half = Decimal("0.5")
    return tuple(
        Finding(
            rule=entry.rule,
            title=entry.title,
            category=entry.category,
            level=entry.level,
            subject=entry.subject,
            evidence=f"not assessed: {entry.missing}",
            exposure=half,
            confidence=half,
        )
        for entry in unassessed
    )
