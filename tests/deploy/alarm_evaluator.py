"""The semantics of a CloudWatch alarm, small: periods in, the state out.

Amazon CloudWatch User Guide, "Alarm evaluation": an alarm looks at the last EvaluationPeriods
periods; it is in ALARM when at least DatapointsToAlarm of them (all, unless said) breach the
threshold. A period without data is as TreatMissingData says. With metric math, FILL(m, 0) puts zero
where a metric has no data, and the expression's series is what is compared.
"""

from __future__ import annotations

import operator
import re

COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}


def state_of(properties, data):
    """Return ALARM, OK or INSUFFICIENT_DATA.

    `data` has a list of values by the metric's name (with metric math, by its id): one for each
    period, None where nothing was reported.
    """
    series = _series(properties, data)
    periods = series[-properties["EvaluationPeriods"] :]
    compare = COMPARISONS[properties["ComparisonOperator"]]
    breaches = 0
    for value in periods:
        if value is None:
            breaches += properties["TreatMissingData"] == "breaching"
        else:
            breaches += compare(value, properties["Threshold"])
    if all(value is None for value in periods) and properties["TreatMissingData"] == "missing":
        return "INSUFFICIENT_DATA"
    needed = properties.get("DatapointsToAlarm", properties["EvaluationPeriods"])
    return "ALARM" if breaches >= needed else "OK"


def _series(properties, data):
    if "Metrics" not in properties:
        return data.get(properties["MetricName"], [None] * properties["EvaluationPeriods"])
    expression = next(m["Expression"] for m in properties["Metrics"] if "Expression" in m)
    terms = re.findall(r"FILL\((\w+),0\)", expression)
    assert "+".join(f"FILL({term},0)" for term in terms) == expression, "a sum of filled metrics"
    length = max((len(values) for values in data.values()), default=0)
    total = [0] * max(length, properties["EvaluationPeriods"])
    for term in terms:
        for position, value in enumerate(data.get(term, [])):
            total[position] += value or 0  # FILL(m, 0)
    return total


def metrics_of(properties):
    """Return (namespace, metric, dimension names, statistic) of everything an alarm looks at."""
    if "Metrics" not in properties:
        names = tuple(d["Name"] for d in properties["Dimensions"])
        statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
        return [(properties["Namespace"], properties["MetricName"], names, statistic)]
    return [
        (
            metric["MetricStat"]["Metric"]["Namespace"],
            metric["MetricStat"]["Metric"]["MetricName"],
            tuple(d["Name"] for d in metric["MetricStat"]["Metric"]["Dimensions"]),
            metric["MetricStat"]["Stat"],
        )
        for metric in properties["Metrics"]
        if "MetricStat" in metric
    ]


def first_of(properties):
    """Return by what `data` names the first metric of an alarm."""
    if "Metrics" in properties:
        return properties["Metrics"][0]["Id"]
    return properties["MetricName"]
