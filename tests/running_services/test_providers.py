"""The provider of the LLM proxy: what an OpenAI-compatible server sends, whole and broken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tablewright_services.llm_proxy.providers import OpenAiProvider, ProviderFailed, Taken

PIECE = b'data: {"choices": [{"delta": {"content": "Good"}}]}\n\n'
USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 1}}\n\n'
END = b"data: [DONE]\n\n"


@contextmanager
def provider(status: int, body: bytes, length: int) -> Iterator[OpenAiProvider]:
    """Give a provider whose server answers with these bytes and says how many they are."""

    class Recorded(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield OpenAiProvider(f"http://127.0.0.1:{server.server_port}", "key")
    finally:
        server.shutdown()
        server.server_close()


def test_an_answer_comes_in_pieces_with_its_tokens_at_the_end() -> None:
    body = b": comment\n\n" + PIECE + USAGE + END
    with provider(200, body, len(body)) as server:
        pieces = list(server.stream("gpt-4", [{"role": "user", "content": "Good day"}]))
    assert pieces == ["Good", Taken(2, 1)]


@pytest.mark.parametrize(
    ("status", "body", "missing"),
    [
        pytest.param(500, b"", 0, id="an error of the server"),
        pytest.param(200, PIECE, 0, id="an end without [DONE]"),
        pytest.param(200, PIECE, 100, id="fewer bytes than were announced"),
        pytest.param(200, PIECE + b'data: {"error": {"code": 503}}\n\n' + END, 0, id="an error"),
        pytest.param(200, b"data: {\n\n" + END, 0, id="no JSON"),
        pytest.param(200, b"data: 5\n\n" + END, 0, id="no event"),
        pytest.param(200, b'data: {"usage": {"total": 3}}\n\n' + END, 0, id="no tokens"),
        pytest.param(200, b'data: {"choices": [5]}\n\n' + END, 0, id="no choice"),
    ],
)
def test_an_answer_that_is_broken_is_a_failure(status: int, body: bytes, missing: int) -> None:
    with provider(status, body, len(body) + missing) as server, pytest.raises(ProviderFailed):
        list(server.stream("gpt-4", [{"role": "user", "content": "Good day"}]))


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with provider(200, b"", 0) as server:
        pass
    with pytest.raises(ProviderFailed):
        list(server.stream("gpt-4", []))
