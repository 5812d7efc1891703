"""Which page shows the value of which verb: one line each.

In: the value of a verb and its kind. Out: a document, or finished text in any form. Console and
data API call the same function as the command line.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tablewright.reports.document import Document

FORMS = ("text", "markdown", "json", "html")

PAGES: dict[str, str] = {
    "archive": "archive:archive_page",
    "archive-put-back": "archive:put_back_page",
    "backup": "backup:backup_page",
    "baseline": "baseline:baseline_page",
    "calibrate": "calibrate:calibrate_page",
    "check": "check:check_page",
    "compare": "compare:compare_page",
    "cost": "cost:cost_page",
    "ddl": "ddl:ddl_page",
    "deploy": "deploy:deploy_page",
    "deploy-options": "deploy:options_page",
    "diff": "diff:diff_page",
    "doctor": "doctor:doctor_page",
    "down": "down:down_page",
    "explain": "explain:explain_page",
    "export": "export:export_page",
    "generate": "generate:generate_page",
    "guide": "guide:guide_page",
    "import": "import_model:import_page",
    "imported": "export:imported_page",
    "init": "init:init_page",
    "load": "load:load_page",
    "local": "local:local_page",
    "migrate": "migrate:migrate_page",
    "migrate-code": "migrate_code:code_page",
    "migrate-job": "migrate_job:job_page",
    "migrate-plan": "migrate:plan_page",
    "plan": "plan:plan_page",
    "prices": "prices:prices_page",
    "probe": "probe:probe_page",
    "refreshed-model": "import_model:refreshed_page",
    "refreshed-prices": "prices:refresh_page",
    "prove": "prove:proof_page",
    "report": "report:report_page",
    "restore": "backup:restore_page",
    "roadmap": "roadmap:roadmap_page",
    "rule": "explain:rule_page",
    "scales": "cost:scales_page",
    "schemas": "schema:schemas_page",
    "seed": "seed:seed_page",
    "serve": "serve:serve_page",
    "status": "status:status_page",
    "up": "up:up_page",
    "usage": "usage:usage_page",
    "usual-design": "plan:usual_page",
}
"""Kind to "module:function" of this package; loaded when it is needed."""


def page_of(value: Any, kind: str, **how: Any) -> Document:
    """Return the value of a verb as a document; `how` goes to the page's function."""
    module, _, function = PAGES[kind].partition(":")
    page: Document = getattr(import_module(f"tablewright.reports.{module}"), function)(value, **how)
    return page


def written(
    value: Any,
    kind: str,
    form: str,
    *,
    width: int = 100,
    color: bool = False,
    written_on: str = "",
    **how: Any,
) -> str:
    """Return the value of a verb in one of FORMS.

    Args:
        value: what the verb returned.
        kind: a key of PAGES.
        form: text, markdown, json or html.
        width: columns of text.
        color: whether text is coloured.
        written_on: the day, YYYY-MM-DD, that an HTML page names.
        how: goes to the page's function.
    """
    if form == "json":
        from tablewright.reports.render.json import write_json

        return write_json(value, kind)
    page = page_of(value, kind, **how)
    return write_document(page, form, width=width, color=color, written_on=written_on)


def write_document(
    document: Document,
    form: str,
    *,
    width: int = 100,
    color: bool = False,
    written_on: str = "",
) -> str:
    """Return a document as text, Markdown or HTML."""
    if form == "html":
        from tablewright.reports.render.html import write_html

        return write_html(document, written_on=written_on)
    if form == "markdown":
        from tablewright.reports.render.markdown import write_markdown

        return write_markdown(document)
    from tablewright.reports.render.text import write_text

    return write_text(document, width=width, color=color)
