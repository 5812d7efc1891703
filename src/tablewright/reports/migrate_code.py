"""The page of `migrate --code`: requests before and after, and what changes for callers.

In: a MigrateCodeView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.evaluation.values import Request
from tablewright.reports.document import Block, Bullets, Code, Document, Paragraph, Section
from tablewright.reports.snippets import snippet
from tablewright.verbs.migrate_code import MigrateCodeView, PatternCode


def code_page(view: MigrateCodeView) -> Document:
    """Return a section for each access pattern."""
    changed = sum(bool(pattern.changes) for pattern in view.patterns)
    lead = (
        f"{len(view.patterns):,} access patterns; for {changed:,} of them more changes for the "
        "caller than the request."
    )
    blocks: list[Block] = [Paragraph(text=lead, tone="lead")]
    blocks += [_section(view, pattern) for pattern in view.patterns]
    title = f"{view.app} · {view.source} to {view.target} · {view.region}"
    return Document(title=title, blocks=tuple(blocks))


def _section(view: MigrateCodeView, pattern: PatternCode) -> Section:
    blocks: list[Block] = [
        *_side(f"Before, {view.source}:", pattern.before),
        *_side(f"After, {view.target}:", pattern.after),
    ]
    if pattern.changes:
        blocks.append(Paragraph(text="For callers:"))
        blocks.append(Bullets(items=tuple(f"{c.what}: {c.text}" for c in pattern.changes)))
    return Section(title=pattern.pattern, blocks=tuple(blocks))


def _side(label: str, requests: Sequence[Request]) -> list[Block]:
    if not requests:
        return [Paragraph(text=f"{label} not served.")]
    blocks: list[Block] = [Paragraph(text=label)]
    for request in requests:
        if request.statement:
            blocks.append(Code(text=request.statement, language="text"))
        elif request.template:
            blocks.append(Code(text=snippet(request, "python"), language="python"))
    return blocks
