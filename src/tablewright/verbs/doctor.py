"""`doctor`: what is wrong with a database as it runs, with evidence and the command that fixes it.

In: a session, a design, a target, saved replies of monitoring and bill. Out: a DoctorView. Nothing
is changed but, where asked for, the rates in the model file.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Adapter, Target
from tablewright.evaluation.health import (
    SEVERE,
    URGENCIES,
    Examination,
    HealthFinding,
    ObservedCalls,
    RecordSizes,
)
from tablewright.evaluation.values import Evaluation
from tablewright.operate.doctor import checks
from tablewright.operate.doctor.costs import charged
from tablewright.operate.doctor.usage import PeriodUsage, usage_of
from tablewright.operate.files import write_text
from tablewright.operate.recovery.records import read_backups, read_drill
from tablewright.session import Session, read_model
from tablewright.sources.observed_rates import RateChange, factors, with_observed_rates
from tablewright.sources.refresh import RefreshConflict
from tablewright.verbs.database import Say, connector_of, opened, silent, workspace_of

BASE = "observed.yaml"
"""The text with the rates that were written last, kept beside the model for the next time."""


@frozen
class DoctorView:
    """What is wrong, what was not checked, and what was observed."""

    app: str
    design: str
    where: str
    region: str
    users: int
    findings: tuple[HealthFinding, ...]
    """Severe ones first."""
    unchecked: tuple[tuple[str, str], ...]
    sizes: tuple[RecordSizes, ...]
    calls: tuple[ObservedCalls, ...]
    usage: tuple[PeriodUsage, ...]
    usd_per_month: Decimal | None
    """Of the model; None where nobody can say what the design costs."""
    charged_per_month: Decimal | None
    """Of the vendor's bill; None where none was given."""
    facts: tuple[tuple[str, str], ...]
    tables: tuple[str, ...]
    written_rates: tuple[RateChange, ...]
    rate_conflicts: tuple[RefreshConflict, ...]
    rates_skipped: tuple[str, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether nothing severe is wrong."""
        return not any(finding.urgency == SEVERE for finding in self.findings)


@frozen
class DoctorOptions:
    """What is looked at, and where what was observed comes from."""

    users: int | None = None
    metrics: tuple[str, ...] = ()
    """Saved replies of CloudWatch."""
    bill: str = ""
    """A Cost and Usage Report or a reply of Cost Explorer."""
    endpoint: str = ""
    """Of a server of CloudWatch's API."""
    days: int = 14
    asks: bool = True
    """Whether CloudWatch is asked on an account."""
    records: int = 0
    """Records of each table that are read for their sizes; 0 for all."""
    health: str = ""
    """An address that answers while the service is well."""
    writes_rates: bool = False
    is_hourly: bool = False
    """Whether usage is told by the hour instead of the day."""


def doctor(
    session: Session,
    design: str,
    target: Target,
    options: DoctorOptions,
    *,
    announce: Callable[[Any], None] | None = None,
    status: Callable[[], AbstractContextManager[Say]] = lambda: nullcontext(silent),
) -> DoctorView:
    """Examine the database of a design.

    Raises:
        DataError: a file is no reply of CloudWatch, or no bill.
        EngineError: the database or CloudWatch refused.
    """
    chosen = session.design(design)
    evaluation = session.evaluate(chosen, options.users)
    connector = connector_of(session, chosen)
    observations = connector.observations(
        chosen,
        target,
        region=session.region,
        files=options.metrics,
        endpoint=options.endpoint,
        days=options.days,
        is_asked=options.asks,
    )
    with opened(session, chosen, target, announce=announce) as adapter, status() as say:
        say("compare settings and statistics")
        examination = adapter.examine(
            evaluation, observations, Rates(session.book(), session.region)
        )
        existing = adapter.describe()
        containers = sorted({kind.container for kind in adapter.codec.kinds})
        missing = [name for name in containers if name not in existing]
        findings = [*checks.drift(adapter.plan_provision(adopt=True), chosen.name, missing)]
        findings += _without_repeats(examination.findings, missing)
        sizes, near = _sizes(session, evaluation, adapter, existing, options.records, say)
        findings += [*near, *_backups(session, chosen.name, adapter, containers)]
        where = adapter.description
    findings += checks.rates(examination.calls)
    charged_usd, of_bill = _bill(evaluation, connector.products, options.bill)
    findings += [*of_bill, *_health(options.health)]
    ordered = sorted(findings, key=lambda f: (URGENCIES.index(f.urgency), f.check, f.place))
    view = DoctorView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        region=session.region,
        users=evaluation.users,
        findings=tuple(ordered),
        unchecked=_unchecked(examination, options, connector.products),
        sizes=sizes,
        calls=examination.calls,
        usage=usage_of(observations.series or (), is_hourly=options.is_hourly),
        usd_per_month=evaluation.bill.figure,
        charged_per_month=charged_usd,
        facts=(*observations.facts, *examination.facts),
        tables=tuple(sorted(existing)),
        written_rates=(),
        rate_conflicts=(),
        rates_skipped=(),
    )
    return _with_rates(session, view) if options.writes_rates else view


def _without_repeats(
    findings: Sequence[HealthFinding], missing: Sequence[str]
) -> list[HealthFinding]:
    return [finding for finding in findings if finding.place not in missing]


def _sizes(
    session: Session,
    evaluation: Evaluation,
    adapter: Adapter,
    existing: Any,
    most: int,
    say: Say,
) -> tuple[tuple[RecordSizes, ...], list[HealthFinding]]:
    terms = session.describe(evaluation.design).terms
    listed: list[RecordSizes] = []
    findings: list[HealthFinding] = []
    for container in sorted(existing) if terms.limit_bytes else ():
        say(f"read sizes of {container}")
        sizes = checks.record_sizes(adapter, container, most)
        if sizes is not None and sizes.records and terms.limit_bytes:
            listed.append(sizes)
            findings += checks.oversized(sizes, terms.limit_bytes, terms.limit_name)
    return tuple(listed), findings


def _backups(
    session: Session, design: str, adapter: Adapter, containers: Sequence[str]
) -> list[HealthFinding]:
    workspace = workspace_of(session)
    native = adapter.backups()
    existing = adapter.describe()
    there = [name for name in containers if name in existing]
    if not there:
        return []
    window = native.window() if native is not None and len(there) == len(containers) else {}
    return list(
        checks.backups(
            read_backups(workspace.backups(design)),
            read_drill(workspace.drill(design)),
            has_window=all(name in window for name in containers),
            now=datetime.datetime.now(datetime.UTC),
        )
    )


def _bill(
    evaluation: Evaluation, products: tuple[str, ...], path: str
) -> tuple[Decimal | None, list[HealthFinding]]:
    if not path:
        return None, []
    if not products:
        raise UsageError(
            f"{evaluation.design.engine} is no product of its own on a bill",
            remedy="leave --bill out",
        )
    cost = charged(Path(path), products)
    usd = cost.usd_per_month
    return usd, list(checks.bill(usd, evaluation.bill.figure, cost.source))


def _health(address: str) -> list[HealthFinding]:
    """Ask the address that says whether the service is well."""
    if not address:
        return []
    from tablewright.operate.doctor.ping import ping

    problem = ping(address)
    if not problem:
        return []
    return [
        HealthFinding(
            check="health",
            urgency=SEVERE,
            place=address,
            says="the service does not answer that it is well",
            evidence=problem,
            fix="read its log; roll back the last release (RUNBOOK.md)",
        )
    ]


def _unchecked(
    examination: Examination, options: DoctorOptions, products: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    listed = list(examination.unchecked)
    if products and not options.bill:
        listed.append(("bill", "no bill was given: --bill FILE"))
    return tuple(dict.fromkeys(listed))


def _with_rates(session: Session, view: DoctorView) -> DoctorView:
    """Write the observed rates into the model file, and say which."""
    from dataclasses import replace

    by_pattern = factors(view.calls)
    if not by_pattern:
        reasons = [why for what, why in view.unchecked if what.startswith("rates")]
        raise UsageError(
            "no requests of an access pattern were observed: there is no rate to write",
            remedy="; ".join(reasons) or "say --aws, or --metrics FILE with requests by operation",
        )
    path = Path(session.file.path)
    base_file = workspace_of(session).folder / BASE
    text = path.read_text(encoding="utf-8")
    base = base_file.read_text(encoding="utf-8") if base_file.is_file() else text
    rewritten = with_observed_rates(text, base, session.model, by_pattern)
    read_model(rewritten.text)
    base_file.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, rewritten.text)
    write_text(base_file, rewritten.base)
    return replace(
        view,
        written_rates=rewritten.changes,
        rate_conflicts=rewritten.conflicts,
        rates_skipped=rewritten.skipped,
    )
