"""Who writes a report: a program that needs no network, or an OpenAI-compatible server.

In: a type of report and a profile. Out: the text in Markdown, its sources, the writer's name.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any, Protocol

from tablewright.core.frozen import frozen
from tablewright_services.auxeira.domain import SECTIONS, SHARE, ReportType

TIMEOUT_SECONDS = 120
MOST_CHARACTERS = 90_000
"""Of a text: in any script it fits an item of the database."""
REMOTE_MODEL = "gpt-5-nano"


class WriterFailed(Exception):
    """The writer did not answer, or not with a text."""


@frozen(kw_only=False)
class Written:
    """A report's text."""

    content: str
    sources: tuple[str, ...]
    model: str


class Writer(Protocol):
    """Writes reports; it may block, and runs in a thread."""

    def write(self, kind: ReportType, profile: Mapping[str, Any]) -> Written:
        """Return the report of a profile.

        Raises:
            WriterFailed: it did not answer.
        """
        ...


class LocalWriter:
    """The same profile always has the same report."""

    def write(self, kind: ReportType, profile: Mapping[str, Any]) -> Written:
        """Return the report."""
        lines = [
            f"# {kind.title}: {profile['organisation']}",
            "",
            f"{profile['organisation']} works in {profile['industry']} in {profile['country']} "
            f"with {profile['employees']} people. Its score is {profile['esgScore']} of 100.",
        ]
        for section in kind.sections:
            lines += ["", f"## {section.capitalize()}", ""]
            answers = profile["sections"].get(section, {})
            lines += [
                f"- {in_words(name)}: {_shown(answers.get(name), shape)}"
                for name, shape in SECTIONS[section].items()
            ]
        lines += ["", "## What to do next", "", *_advice(kind, profile)]
        return Written("\n".join(lines) + "\n", ("profile of the organisation",), "local")


def in_words(name: str) -> str:
    """Return the name of a field in words.

    Example:
        >>> in_words("reusedWaterShare")
        'reused water share'
    """
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name)


def _shown(answer: Any, shape: str) -> str:
    if answer is None:
        return "not answered"
    return f"{answer} %" if shape == SHARE else "yes" if answer else "no"


def _advice(kind: ReportType, profile: Mapping[str, Any]) -> list[str]:
    """Return what would raise the score most: what is answered with no, then low shares."""
    lacking = []
    for section in kind.sections:
        answers = profile["sections"].get(section, {})
        for name, shape in SECTIONS[section].items():
            points = (
                int(answers.get(name) or 0) if shape == SHARE else 100 * bool(answers.get(name))
            )
            lacking.append((points, section, name))
    chosen = [each for each in sorted(lacking) if each[0] < 100][:3]
    if not chosen:
        return ["Nothing lacks: keep it so."]
    return [
        f"{number}. Raise {in_words(name)} ({section})."
        for number, (_, section, name) in enumerate(chosen, 1)
    ]


class RemoteWriter:
    """An OpenAI-compatible server."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("the writer is reached by https")
        self._url, self._key = url.rstrip("/"), key

    def write(self, kind: ReportType, profile: Mapping[str, Any]) -> Written:
        """Return the report as the server writes it."""
        facts = {name: profile[name] for name in ("organisation", "industry", "country")}
        facts["sections"] = {name: profile["sections"].get(name, {}) for name in kind.sections}
        body = {
            "model": REMOTE_MODEL,
            "messages": [
                {"role": "system", "content": f"Write an ESG report in Markdown: {kind.title}."},
                {"role": "user", "content": json.dumps(facts, default=str)},
            ],
        }
        request = urllib.request.Request(
            f"{self._url}/v1/chat/completions",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                answer = json.load(reply)
            content = str(answer["choices"][0]["message"]["content"])
        except (OSError, ValueError, KeyError, IndexError, TypeError) as problem:
            raise WriterFailed(type(problem).__name__) from problem
        if not content.strip():
            raise WriterFailed("an empty text")
        model = str(answer.get("model", REMOTE_MODEL))[:40]
        return Written(content[:MOST_CHARACTERS], ("profile of the organisation",), model)


__all__ = ["LocalWriter", "RemoteWriter", "Writer", "WriterFailed", "Written", "in_words"]
