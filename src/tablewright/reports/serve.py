"""The page of `serve`: where a data API or a service listens, and what it does not serve.

In: a ServeView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Document, Lines
from tablewright.verbs.serve import ServeView


def serve_page(view: ServeView) -> Document:
    """Return where a data API or a service listens."""
    if view.routes:
        return _service_page(view)
    routes = f"{len(view.patterns)} routes below {view.url}/api"
    lines = [
        f"{view.app} · {view.design} · {view.database}",
        f"{routes}, described in {view.url}/openapi.json; metrics at {view.url}/metrics.",
        "Callers need a key or a token."
        if view.is_protected
        else "Nobody is asked for a key: it serves this machine only.",
    ]
    if view.records:
        lines.append(f"{view.records:,} sampled records were written.")
    lines += [f"Not served: {each}." for each in view.not_served]
    title = f"Data API on {view.url}. Ctrl-C ends it."
    return Document(title=title, blocks=(Lines(items=tuple(lines)),))


def _service_page(view: ServeView) -> Document:
    lines = [
        f"{view.app} · {view.design} · {view.database}",
        *view.routes,
        f"Described in {view.url}/openapi.json; health at {view.url}/health, "
        f"metrics at {view.url}/metrics.",
    ]
    if view.trial:
        lines.append(f"Set to try it out: {', '.join(view.trial)}.")
    if not view.is_protected:
        lines.append("Secrets that the environment does not set hold for this process only.")
    if view.records:
        lines.append(f"{view.records:,} sampled records were written.")
    if view.account:
        lines.append(f"One of the sampled users is {view.account}.")
    title = f"Service {view.app} on {view.url}. Ctrl-C ends it."
    return Document(title=title, blocks=(Lines(items=tuple(lines)),))
