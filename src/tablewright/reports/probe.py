"""The page of `probe`: the uptime of a service, and what of its budget is used.

In: a ProbeView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import format_number, plain
from tablewright.reports.document import Document, Lines
from tablewright.reports.figures import plural
from tablewright.verbs.probe import ProbeView


def probe_page(view: ProbeView) -> Document:
    """Return the uptime, the target and its budget."""
    shown = view.uptime
    lines = [f"{plural(shown.probes, 'probe')} in {view.log}, {shown.failed} failed."]
    if view.percent is None:
        lines.append("Uptime is not known: two probes at least are needed.")
    else:
        lines.append(
            f"Uptime {view.percent:.3f} % of {format_number(shown.covered_minutes, 1)} minutes "
            f"seen, {format_number(shown.down_minutes, 1)} minutes down."
        )
    if view.target is not None and view.budget_minutes is not None:
        verdict = "" if view.percent is None else (" Met." if view.is_met else " Missed.")
        lines.append(
            f"Target {plain(view.target)} %: {format_number(view.budget_minutes, 1)} minutes down "
            f"a month.{verdict}"
        )
    if view.latest:
        lines.append(f"Last: {view.latest}")
    return Document(title=f"{view.app} · uptime", blocks=(Lines(items=tuple(lines)),))
