"""Pages that a server writes: HTML without scripts, and the forms that they send.

In: texts. Out: responses whose Content-Security-Policy allows this server's own style and forms and
nothing else. Every text is escaped where it is put in: `html("<b>{}</b>", name)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from tablewright.serve.bodies import BadBody, raw_body

FORM = "application/x-www-form-urlencoded"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{actions}; "
    "base-uri 'none'; frame-ancestors 'none'"
)
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
  --ground: #fff; --text: #1b1f24; --link: #0b57b0; --line: #8886; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --text: #e6e8eb; --link: #9cc4ff; } }
body { max-width: 64rem; margin: 0 auto; padding: 1rem; background: var(--ground);
  color: var(--text); }
a { color: var(--link); } a[aria-current] { font-weight: bold; text-decoration: none; }
header { display: flex; gap: 1.5rem; align-items: baseline; flex-wrap: wrap; }
header b { font-size: 1.2rem; } header form { margin-left: auto; }
h1, h2 { line-height: 1.2; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-bottom: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th[scope=row] { font-weight: normal; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
label { display: block; margin: .75rem 0; } label span { display: block; }
input, select, button { font: inherit; padding: .35rem .6rem; max-width: 100%;
  box-sizing: border-box; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; min-width: 0; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
  column-gap: 1rem; }
.fields input, .fields select { width: 100%; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem;
  list-style: none; padding: 0; }
.tiles li { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
.note { border-left: .25rem solid #c60; padding: .5rem 1rem; }
.note:empty { display: none; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (min-width: 60rem) { .cards td:nth-child(n + 3) { white-space: nowrap; } }
@media (max-width: 40rem) {
  .cards thead { display: none; }
  .cards tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .cards td { display: flex; justify-content: space-between; gap: 1rem; border: 0;
    padding: .1rem 0; }
  .cards td:empty { display: none; }
  .cards td::before { content: attr(data-head); opacity: .8; }
}
"""

KEPT_A_DAY = {"Cache-Control": "public, max-age=86400"}
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="6" fill="#0b57b0"/>'
    '<path d="M7 9h18v4H7zm0 6h8v8H7zm10 0h8v8h-8z" fill="#fff"/></svg>'
)
LINKS = (
    '<link rel="icon" type="image/svg+xml" href="/icon.svg">'
    '<link rel="stylesheet" href="/style.css">'
)
"""What the head of every page asks for besides its own."""


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


NOTHING = Html()


def html(template: str, *values: Any, **named: Any) -> Html:
    """Return a template with values put in, escaped unless they are HTML themselves.

    Example:
        >>> html("<b>{}</b>", "1 < 2")
        '<b>1 &lt; 2</b>'
    """
    return Html(
        template.format(
            *(_escaped(value) for value in values),
            **{name: _escaped(value) for name, value in named.items()},
        )
    )


def _escaped(value: Any) -> str:
    return value if isinstance(value, Html) else escape(str(value))


def joined(parts: Iterable[str]) -> Html:
    """Return parts one after the other; what is no HTML is escaped."""
    return Html("".join(_escaped(part) for part in parts))


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Sequence[int] = ()) -> Html:
    """Return a table, whose rows are cards in a narrow window.

    Args:
        heads: a word for each column.
        rows: the values, in the order of the heads.
        numbers: the columns whose values stand right.
    """
    marks = [Html(' class="number"') if place in numbers else Html() for place in range(len(heads))]
    head = joined(html("<th{}>{}</th>", m, h) for m, h in zip(marks, heads, strict=True))
    body = joined(
        html(
            "<tr>{}</tr>",
            joined(
                html('<td{} data-head="{}">{}</td>', mark, head, value)
                for mark, head, value in zip(marks, heads, row, strict=True)
            ),
        )
        for row in rows
    )
    return html(
        '<table class="cards"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, body
    )


def facts(rows: Iterable[tuple[str, Any]]) -> Html:
    """Return what is known of one thing: a word and a value in each row."""
    body = joined(
        html('<tr><th scope="row">{}</th><td class="number">{}</td></tr>', *row) for row in rows
    )
    return html("<table><tbody>{}</tbody></table>", body)


def page(
    title: str,
    content: Html,
    *,
    header: Html = NOTHING,
    status: int = 200,
    form_actions: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a page.

    Args:
        title: of the window and the heading.
        content: what stands below the heading.
        header: what stands above it: where else to go.
        status: of HTTP.
        form_actions: origins that a form may lead to besides this server.
        headers: further headers of the answer.
    """
    document = html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "{links}</head>"
        "<body><header>{header}</header><main><h1>{title}</h1>{content}</main></body></html>",
        title=title,
        links=Html(LINKS),
        header=header,
        content=content,
    )
    actions = "".join(f" {each}" for each in form_actions)
    policy = {"Content-Security-Policy": POLICY.format(actions=actions), **(headers or {})}
    return Response(document, status, policy, "text/html")


async def style(request: Request) -> Response:
    """Answer the style of all pages."""
    return Response(STYLE, 200, KEPT_A_DAY, "text/css")


async def icon(request: Request) -> Response:
    """Answer the picture that a browser shows beside the title of a page."""
    return Response(ICON, 200, KEPT_A_DAY, "image/svg+xml")


FILES = (("/style.css", style), ("/icon.svg", icon))
"""Path and endpoint of what `LINKS` names."""


async def form(request: Request, max_bytes: int) -> dict[str, str]:
    """Return the fields of a form, of a name the last one.

    Raises:
        BadBody: it is none.
        TooLarge: it has more bytes than allowed.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadBody(FORM)
    try:
        text = (await raw_body(request, max_bytes)).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
    except ValueError as problem:
        raise BadBody("the form cannot be read") from problem


__all__ = ["FILES", "LINKS", "Html", "facts", "form", "html", "joined", "page", "table"]
