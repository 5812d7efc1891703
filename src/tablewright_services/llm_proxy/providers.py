"""Who answers a call: a recording that needs no network, or an OpenAI-compatible server.

In: the messages of a call. Out: pieces of text as they come, then how many tokens that took.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any, Protocol

from tablewright.core.frozen import frozen

PIECES = ("The recorded answer ", "to a question ", "of {words} words.")
TIMEOUT_SECONDS = 60


class ProviderFailed(Exception):
    """The provider did not answer."""


@frozen(kw_only=False)
class Taken:
    """What a call took, in tokens."""

    prompt: int
    completion: int


Messages = Sequence[Mapping[str, Any]]


class Provider(Protocol):
    """Answers calls."""

    name: str

    def stream(self, model: str, messages: Messages) -> Iterator[str | Taken]:
        """Yield the pieces of an answer, and at the end what it took.

        Raises:
            ProviderFailed: it did not answer.
        """
        ...


class RecordedProvider:
    """Always the same answer, as it was recorded; the word `fail` makes it fail."""

    name = "openai"

    def stream(self, model: str, messages: Messages) -> Iterator[str | Taken]:
        """Yield the recording; a word counts as a token."""
        words = sum(len(str(message.get("content", "")).split()) for message in messages)
        if any("fail" in str(message.get("content", "")).split() for message in messages):
            raise ProviderFailed("recorded failure")
        pieces = [piece.format(words=words) for piece in PIECES]
        yield from pieces
        yield Taken(words, len("".join(pieces).split()))


class OpenAiProvider:
    """An OpenAI-compatible server, asked for a stream of server-sent events."""

    name = "openai"

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("the provider is reached by https")
        self._url, self._key = url.rstrip("/"), key

    def stream(self, model: str, messages: Messages) -> Iterator[str | Taken]:
        """Yield the pieces as they come."""
        body = {
            "model": model,
            "messages": list(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        request = urllib.request.Request(
            f"{self._url}/v1/chat/completions",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                yield from _pieces(reply)
        except (OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError) as bad:
            raise ProviderFailed(type(bad).__name__) from bad


def _pieces(reply: Iterable[bytes]) -> Iterator[str | Taken]:
    """Yield what the lines of a reply hold, as far as `[DONE]`.

    Raises:
        ProviderFailed: an event is an error, or the reply ends before.
    """
    taken = Taken(0, 0)
    for line in reply:
        if not line.startswith(b"data:"):
            continue
        content = line.decode().removeprefix("data:").strip()
        if content == "[DONE]":
            yield taken
            return
        event = json.loads(content)
        if event.get("error"):
            raise ProviderFailed("an error within the answer")
        if event.get("usage"):
            usage = event["usage"]
            taken = Taken(usage["prompt_tokens"], usage["completion_tokens"])
        for choice in event.get("choices", ()):
            yield choice.get("delta", {}).get("content") or ""
    raise ProviderFailed("the answer broke off")
