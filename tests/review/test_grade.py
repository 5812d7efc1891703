"""The arithmetic of grading, against the worked example of the grading rules and by hand."""

from decimal import Decimal

import pytest

from tablewright.review.findings import Finding, Level
from tablewright.review.grade import (
    Category,
    Unassessed,
    charges,
    grade,
    letter_of,
    pessimistic,
    shown,
)

WEIGHTS = {
    "key_design": 16,
    "indexes": 14,
    "projections": 6,
    "item_size": 8,
    "hot_partitions": 12,
    "capacity": 7,
    "cost": 8,
    "time_series": 6,
    "reliability": 10,
    "security": 7,
    "limits": 4,
    "migration_risk": 2,
}
CATEGORIES = [
    Category(name=name, title=name, weight=Decimal(weight)) for name, weight in WEIGHTS.items()
]


def finding(rule, category, level, subject="S", e="1", c="1", accepted=""):
    return Finding(
        rule=rule,
        title=rule,
        category=category,
        level=level,
        subject=subject,
        evidence="",
        exposure=Decimal(e),
        confidence=Decimal(c),
        accepted=accepted,
    )


EMAIL = finding("DDB-KEY-010", "key_design", Level.CRITICAL, "User.email")
DEVICES = finding("DDB-KEY-002", "key_design", Level.HIGH, "devices", e="0.775")
TTL = finding("DDB-TSR-001", "time_series", Level.HIGH, "sessions", e="0.625")
NO_RECOVERY = finding("DDB-REL-001", "reliability", Level.HIGH, "users")
UNPROTECTED = finding("DDB-REL-002", "reliability", Level.MEDIUM, "users")


def graded(*findings, **options):
    return grade(findings, CATEGORIES, applicable=WEIGHTS, **options)


def test_the_worked_example_scores_79_7_and_is_capped_at_76_a_c():
    # keys: 100 - 40 - 20*0.775 = 44.5; time series: 100 - 20*0.625 = 87.5; reliability: 100-20-8.
    # mean = (16*44.5 + 6*87.5 + 10*72 + 68*100)/100 = 87.57; lowest three: 204/3 = 68
    # 0.6*87.57 + 0.4*68 = 79.742
    score = graded(EMAIL, DEVICES, TTL, NO_RECOVERY, UNPROTECTED)
    scores = {c.category: c.score for c in score.categories}
    assert scores["key_design"] == Decimal("44.5")
    assert scores["time_series"] == Decimal("87.5")
    assert scores["reliability"] == 72
    assert {c.category: c.letter for c in score.categories}["key_design"] == "F"
    assert (score.score, score.letter, score.cap) == (76, "C", "cap 76: a critical finding")


def test_the_worked_example_without_the_cap_would_be_79_7():
    from tablewright.review.grade import overall

    score = graded(EMAIL, DEVICES, TTL, NO_RECOVERY, UNPROTECTED)
    assert shown(overall(score.categories)) == "79.7"


def test_the_worked_example_after_its_fixes_scores_92_5_an_a_minus():
    # 0.6*96.45 + 0.4*(72 + 87.5 + 100)/3 = 57.87 + 34.6 = 92.47
    score = graded(TTL, NO_RECOVERY, UNPROTECTED)
    assert shown(score.score) == "92.5"
    assert score.letter == "A-"


def test_the_line_of_a_category_reads_like_the_worked_example():
    score = graded(EMAIL, DEVICES)
    assert score.categories[0].line == (
        "key_design 44.5 -> F (cap 59: critical). -40.0 DDB-KEY-010 User.email; "
        "-15.5 DDB-KEY-002 devices (e 0.775, c 1)"
    )


def test_ten_findings_of_one_rule_cost_less_than_two():
    many = [finding("R", "cost", Level.MEDIUM, f"t{i}") for i in range(10)]
    total = sum(c.penalty for c in charges(many))
    # 8 * (1 + 1/2 + ... + 1/512) = 16 - 8/512
    assert total == Decimal(16) - Decimal(8) / 512


def test_the_heaviest_finding_of_a_rule_counts_in_full():
    light = finding("R", "cost", Level.MEDIUM, "a", e="0.25")
    heavy = finding("R", "cost", Level.MEDIUM, "b")
    assert [(c.finding.subject, c.penalty) for c in charges([light, heavy])] == [("b", 8), ("a", 1)]


def test_an_accepted_finding_leaves_the_score():
    accepted = finding("R", "cost", Level.CRITICAL, accepted="we know")
    assert graded(accepted).score == 100


def test_a_high_finding_caps_its_category_at_89():
    score = graded(finding("R", "limits", Level.HIGH, e="0.25"))
    assert {c.category: (c.raw, c.score) for c in score.categories}["limits"] == (95, 89)


@pytest.mark.parametrize(("confidence", "capped"), [("0.7", Decimal(59)), ("0.5", Decimal(69))])
def test_a_critical_finding_caps_its_category_by_its_confidence(confidence, capped):
    score = graded(finding("R", "limits", Level.CRITICAL, e="0.1", c=confidence))
    assert {c.category: c.score for c in score.categories}["limits"] == capped


def test_critical_findings_in_two_and_three_categories_cap_the_whole_at_66_and_59():
    two = [finding("A", "limits", Level.CRITICAL, e="0.1"), finding("B", "cost", Level.CRITICAL)]
    three = [*two, finding("C", "security", Level.CRITICAL, e="0.1")]
    assert graded(*two).score == 66
    assert graded(*three).score == 59


def test_lost_data_caps_the_whole_at_f():
    lost = finding("DDB-KEY-006", "key_design", Level.CRITICAL)
    assert graded(lost, severe_rules=["DDB-KEY-006"]).letter == "F"
    unsure = finding("DDB-KEY-006", "key_design", Level.CRITICAL, c="0.5")
    assert graded(unsure, severe_rules=["DDB-KEY-006"]).letter == "C"


def test_a_category_without_an_applicable_rule_is_left_out():
    # only cost (8) and limits (4): mean = (8*92 + 4*100)/12; lowest of two: 96
    score = grade([finding("R", "cost", Level.MEDIUM)], CATEGORIES, applicable=["cost", "limits"])
    assert [c.category for c in score.categories] == ["cost", "limits"]
    mean = Decimal(8 * 92 + 4 * 100) / 12
    assert score.score == Decimal("0.6") * mean + Decimal("0.4") * 96


def test_the_best_grade_needs_coverage_and_headroom():
    assert graded().letter == "A+"
    assert graded(coverage=Decimal("0.89")).letter == "A"
    assert graded(least_headroom=Decimal("1.9")).letter == "A"


def test_what_was_not_assessed_counts_a_quarter_of_its_penalty_at_the_low_end():
    missing = Unassessed(
        rule="R", title="R", category="cost", subject="t", missing="x", level=Level.HIGH
    )
    (doubt,) = pessimistic([missing])
    # 20 * 0.5 * 0.5 = 5
    assert charges([doubt])[0].penalty == 5


@pytest.mark.parametrize(
    ("score", "letter"),
    [
        (97, "A+"),
        (93, "A"),
        (90, "A-"),
        (87, "B+"),
        (83, "B"),
        (80, "B-"),
        (77, "C+"),
        (73, "C"),
        (70, "C-"),
        (60, "D"),
        ("59.99", "F"),
        (0, "F"),
    ],
)
def test_letters_start_where_the_table_says(score, letter):
    assert letter_of(Decimal(score)) == letter


def test_cost_efficiency_is_capped_by_what_can_be_saved():
    # half of the bill: 59, an F; 12 per cent: 79, a C+; 4 per cent: nothing to speak of
    cost = (Category(name="cost", title="Cost efficiency", weight=Decimal(8)),)

    def letter(share):
        score = grade([], cost, applicable={"cost"}, saving_share=Decimal(share))
        return score.categories[0].letter

    assert [letter(share) for share in ("0.5", "0.12", "0.04")] == ["F", "C+", "A+"]
