"""`report`: everything in one document, as text, Markdown, JSON or HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import design_option, file_argument, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@file_argument
@design_option
@pricing
@document_verb
def command(out: Output, file: str, design: str, options: Options) -> int:
    """Write the whole report: the answer, the evidence, the assumptions, what is left out.

    Exits with 1 where nobody can say what the design costs.

    With --output the document goes to that file, and only the answer is printed.
    """
    from tablewright.reports.report import answer_page
    from tablewright.verbs.report import report

    result = report(open_to_read(file, options), design)
    out.show(result, "report", answer=lambda: answer_page(result))
    return 0 if all(view.cost.usd_per_month is not None for view in result.designs[:1]) else 1
