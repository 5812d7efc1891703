"""Uptime from a log of probes: what was not seen is neither up nor down."""

from __future__ import annotations

import datetime
import http.server
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from operate.shop_engines import call
from tablewright.core.errors import DataError
from tablewright.operate.doctor.uptime import Probe, append, budget_minutes, read, uptime
from tablewright.session import open_model
from tablewright.verbs.probe import probe

START = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)
MODEL = """
app: shop
scales: [10]
targets: {availability: 99.9}
entities: {Note: {key: id, attributes: {id: uuid}}}
patterns: {note: {get: Note, by: id, rate: 1/user/day}}
designs: {one: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}}
"""


def minute(number: float, problem: str = "") -> Probe:
    return Probe(at=START + datetime.timedelta(minutes=number), problem=problem)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    return path


@pytest.fixture
def service() -> Iterator[tuple[str, list[int]]]:
    """A service that answers with the next of some statuses."""
    statuses: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/health", statuses
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_failed_probe_stands_until_the_next_one() -> None:
    shown = uptime([minute(0), minute(1, "503"), minute(2, "503"), minute(3), minute(4)])

    # five probes of a minute each, two of them failed
    assert (shown.covered_minutes, shown.down_minutes) == (5, 2)
    assert shown.percent == 60


def test_a_gap_counts_as_twice_the_usual_time_and_no_more() -> None:
    shown = uptime([minute(0), minute(1), minute(2, "no answer"), minute(62), minute(63)])

    # 1 + 1 + 2 (of the 60 minutes that nobody asked) + 1 + 1
    assert (shown.covered_minutes, shown.down_minutes) == (6, 2)


@pytest.mark.parametrize("probes", [[], [minute(0)]])
def test_of_less_than_two_probes_no_uptime_is_known(probes: list[Probe]) -> None:
    assert uptime(probes).percent is None


def test_three_nines_allow_43_8_minutes_of_a_month() -> None:
    assert budget_minutes(Decimal("99.9")) == Decimal("43.8")  # 730 x 60 x 0.001
    assert budget_minutes(Decimal("99.99")) == Decimal("4.38")


def test_answers_are_kept_and_a_missed_target_is_told(
    model: Path, service: tuple[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    address, statuses = service
    statuses += [200, 503, 200]
    log, waited = model.parent / "probes.ndjson", []
    view = probe(
        open_model(str(model)), log=log, address=address, times=3, seconds=7, wait=waited.append
    )

    assert waited == [7, 7]
    assert [bool(each.problem) for each in read(log)] == [False, True, False]
    assert (view.uptime.probes, view.uptime.failed, view.latest) == (3, 1, "")

    log.unlink()
    for each in (minute(0), minute(1, "GET: 503"), minute(2)):
        append(log, each)
    assert call("probe", model, "--log", log) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "Uptime 66.667 % of 3.0 minutes seen, 1.0 minutes down." in text
    assert "Target 99.9 %: 43.8 minutes down a month. Missed." in text


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, minute(0))
    log.write_text(log.read_text() + "up\n")

    with pytest.raises(DataError, match=r"log:2 is no probe"):
        read(log)
