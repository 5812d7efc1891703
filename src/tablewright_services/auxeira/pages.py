"""The dashboard: one page whose own scripts call the API, from here or from where the setting says.

The scripts are files beside this module. The page's Content-Security-Policy allows them, this
server's style and calls of the API, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tablewright_services.auxeira.domain import (
    COUNTRIES,
    INDUSTRIES,
    REPORT_TYPES,
    REVENUE_BANDS,
    SECTIONS,
    SHARE,
)
from tablewright_services.auxeira.writers import in_words
from tablewright_services.common.pages import FILES, LINKS, Html, html, joined
from tablewright_services.common.service import Endpoint

SCRIPTS = ("client.js", "dashboard.js")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'{origin}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class Pages:
    """The dashboard of one service.

    Args:
        api_base: where its scripts call the API: a path of this server, or another's address.
    """

    def __init__(self, api_base: str) -> None:
        folder = resources.files(__package__) / "browser"
        self._scripts = {name: (folder / name).read_text(encoding="utf-8") for name in SCRIPTS}
        address = urlsplit(api_base)
        origin = f" {address.scheme}://{address.netloc}" if address.netloc else ""
        self._policy = {"Content-Security-Policy": POLICY.format(origin=origin)}
        self._dashboard = _dashboard(api_base)

    def listed(self) -> Sequence[tuple[str, Endpoint]]:
        """Return path and endpoint of each page, style, icon and script."""
        scripts = [(f"/{name}", self._script(name)) for name in SCRIPTS]
        return [("/", self._page), *FILES, *scripts]

    async def _page(self, request: Request) -> Response:
        return Response(self._dashboard, 200, self._policy, "text/html")

    def _script(self, name: str) -> Endpoint:
        async def script(request: Request) -> Response:
            return Response(self._scripts[name], 200, None, "text/javascript")

        return script


def _dashboard(api_base: str) -> str:
    return html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Auxeira</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="api-base" content="{api_base}">'
        "{links}"
        '<script src="/client.js" defer></script><script src="/dashboard.js" defer></script>'
        "</head><body><header><b>Auxeira</b></header><main><h1>Dashboard</h1>"
        '<p id="message" class="note" role="alert"></p>{account}'
        '<div id="signed-in" hidden>{profile}{reports}{board}'
        '<p><button type="button" id="sign-out">Sign out</button></p></div>'
        "</main></body></html>",
        api_base=api_base,
        links=Html(LINKS),
        account=_account(),
        profile=_profile(),
        reports=_reports(),
        board=Html(
            "<h2>Leaderboard</h2><table><thead><tr><th>Rank</th><th>Organisation</th>"
            '<th>Score</th><th>Own</th></tr></thead><tbody id="board"></tbody></table>'
        ),
    )


def _account() -> Html:
    return Html(
        '<section id="sign-in" hidden><form id="account">'
        '<label><span>E-mail</span><input name="email" type="email" autocomplete="email" required>'
        '</label><label><span>Password</span><input name="password" type="password" '
        'autocomplete="current-password" required></label>'
        '<label><input id="shown" type="checkbox"> Show the password</label>'
        '<button value="login">Sign in</button> <button value="register">Register</button>'
        "</form></section>"
    )


def _profile() -> Html:
    about = [
        _label("Organisation", Html('<input name="organisation" maxlength="100">')),
        _choice("Industry", "industry", INDUSTRIES),
        _choice("Country", "country", COUNTRIES),
        _label("Employees", Html('<input name="employees" type="number" min="1">')),
        _choice("Revenue", "revenueBand", REVENUE_BANDS),
    ]
    sections = [
        html(
            '<fieldset><legend>{}</legend><div class="fields">{}</div></fieldset>',
            section.capitalize(),
            joined(_answer(section, name, kind) for name, kind in fields.items()),
        )
        for section, fields in SECTIONS.items()
    ]
    return html(
        '<h2>Profile</h2><p><progress id="progress" max="100" value="0" aria-label="Profile">'
        '</progress> <span id="percent">0 %</span>, score <span id="score">0</span></p>'
        '<form id="profile"><div class="fields">{}</div>{}<button>Save</button></form>',
        joined(about),
        joined(sections),
    )


def _answer(section: str, name: str, kind: str) -> Html:
    words = in_words(name).capitalize()
    if kind == SHARE:
        place = f"{section}.{name}"
        field = html('<input name="{}" type="number" min="0" max="100">', place)
        return _label(f"{words}, %", field)
    return _choice(words, f"{section}.{name}", ("yes", "no"))


def _choice(words: str, name: str, values: Sequence[str]) -> Html:
    options = joined(html("<option>{}</option>", value) for value in values)
    field = html('<select name="{}"><option value=""></option>{}</select>', name, options)
    return _label(words, field)


def _label(words: str, field: Html) -> Html:
    return html("<label><span>{}</span>{}</label>", words, field)


def _reports() -> Html:
    options = joined(
        html(
            '<option value="{}">{}{}</option>',
            each.name,
            each.title,
            " (premium)" if each.is_premium else "",
        )
        for each in REPORT_TYPES.values()
    )
    return html(
        '<h2>Reports</h2><form id="generate"><label><span>Report</span><select name="type">'
        "{}</select></label><button>Generate</button></form><table><thead><tr><th>Title</th><th>Status</th>"
        '<th>Text</th></tr></thead><tbody id="reports"></tbody></table><pre id="report"></pre>',
        options,
    )


__all__ = ["Pages"]
