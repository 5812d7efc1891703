"""`report`: everything in one document, as text, Markdown, JSON or HTML."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import design_option, file_argument, open_file, pricing
from tablewright.cli.output import (
    Output,
    chosen_form,
    document_options,
    verb,
    written,
)

if TYPE_CHECKING:
    from tablewright.api import Options, Session
    from tablewright.reports.views import ProofView


@click.command()
@file_argument
@design_option
@document_options
@pricing
@verb
def command(
    out: Output, file: str, design: str, form: str | None, output: str | None, options: Options
) -> None:
    """Write the whole report: the answer, the evidence, the assumptions, what is left out.

    With --output the document goes to that file, and only the answer is printed.
    """
    from tablewright.reports import pages, views
    from tablewright.reports.as_json import write_json

    form = chosen_form(out, form, output)
    session = open_file(file, options)
    view = views.report_view(session.assess(designs=[design] if design else ()))
    view = replace(view, proofs=_proofs(session, [one.name for one in view.designs]))
    if not design and session.designs:
        view = replace(view, comparison=session.compare())
    if form == "json":
        text = write_json(view, "report")
    else:
        page = pages.report_page(view)
        width, color = (100, False) if output else (out.width, out.color)
        text = written(page, form, width, color)
    if output is None:
        out.text(text)
        return
    Path(output).write_text(text, encoding="utf-8")
    if not out.as_json:
        out.text(written(pages.answer_page(view), "text", out.width, out.color))
    out.note(f"wrote {output}")


def _proofs(session: Session, designs: list[str]) -> tuple[ProofView, ...]:
    """Return the latest proof of each design that has one."""
    folder = Path(session.file.path).parent / ".tablewright" / "proofs"
    found: list[ProofView] = []
    for name in designs:
        path = folder / f"{name}.json"
        if not path.is_file():
            continue
        from tablewright.proof.runner import digest_of
        from tablewright.reports.proofs import proof_from_data
        from tablewright.reports.views import proof_view

        try:
            proof = proof_from_data(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError):
            continue  # of another version: as good as none
        is_stale = proof.model_digest != digest_of(session.file.source)
        found.append(proof_view(proof, is_stale=is_stale))
    return tuple(found)
