"""The HTTP suite of each service before and after `migrate`, with equal bodies in between.

Between the engines each service goes from DynamoDB to PostgreSQL, to MongoDB and to DynamoDB Local;
some go from their current design as well.

The suite is run on the source; what it stored is moved by the transform of `migrate`. Then new
processes of the service, one on either side, are asked everything again that the suite had read,
and have to answer alike, page by page. At last the whole suite is run on the target, on top of what
was moved. The suite of a service is every test of its module that asks for nothing but the service.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from running_services.running import ON_DYNAMODB_LOCAL, Running, database_of
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging
from tablewright.verbs.serve import app_session
from tablewright_services import SERVICES
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.screen_time_journey.messages import KeptMessages

pytestmark = pytest.mark.slow
ON_SERVERS = pytest.mark.needs_server


@dataclass(frozen=True)
class Move:
    """A migration of an application, and the tests that a design cannot serve, with the reason."""

    app: str
    source: str
    target: str
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.app}: {self.source} to {self.target}"


# The current design only looks a name up before it is taken. It has no way to remove or configure a
# device, or to find all that a customer left: 501.
NOT_ON_CURRENT_JOURNEY = (
    "test_a_customer_is_erased_when_the_shop_says_so",
    "test_of_many_claims_of_a_name_at_once_one_wins",
    "test_nobody_enrols_more_than_ten_devices_even_at_once",
    "test_a_removed_device_is_gone_with_its_pin_and_frees_its_place",
    "test_a_device_is_configured_and_has_a_profile",
)
# The design before the move stores no receipts: 501.
NOT_ON_FORMER_PROXY = (
    "test_usage_comes_page_by_page",
    "test_a_receipt_buys_a_plan_once_and_for_one_user",
    "test_notifications_renew_and_end_a_plan",
)
# They say who is first of all, and are not the first to write to the target.
ALONE_ON_AUXEIRA = (
    "test_a_new_score_moves_the_rank_at_once",
    "test_a_benchmark_is_the_share_of_the_industry_that_scores_lower",
    "test_experts_are_matched_by_skills_industry_and_region",
)
ALONE_ON_POAFIX = ("test_lists_by_type_show_verified_providers_the_best_rated_first",)
PAGES = ("cursor", "page", "next")
ORDERED_BY = ("timestamp", "created_at", "createdAt", "schedule", "at", "location")
OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def round_trip(app: str, designs: Sequence[str], not_after: tuple[str, ...]) -> Iterator[Move]:
    """Yield the moves from each engine to the next, and from the last to DynamoDB Local."""
    for source, target in pairwise((*designs, designs[0] + ON_DYNAMODB_LOCAL)):
        yield Move(app, source, target, not_after=not_after)


MOVES = [
    Move("auxeira", "current", "recommended", not_after=ALONE_ON_AUXEIRA),
    Move("screen-time-journey", "current", "recommended", NOT_ON_CURRENT_JOURNEY),
    pytest.param(Move("llm-proxy", "before", "recommended", NOT_ON_FORMER_PROXY), marks=ON_SERVERS),
    pytest.param(Move("mongocollectibles", "planned-postgresql", "recommended"), marks=ON_SERVERS),
    pytest.param(
        Move("poafix", "recommended", "dynamodb", not_after=ALONE_ON_POAFIX), marks=ON_SERVERS
    ),
    *(
        pytest.param(move, marks=(ON_SERVERS, pytest.mark.needs_java))
        for app, designs, alone in (
            ("auxeira", ("recommended", "postgresql", "mongodb"), ALONE_ON_AUXEIRA),
            ("llm-proxy", ("recommended", "postgresql", "planned-mongodb"), ()),
            ("mongocollectibles", ("recommended", "planned-postgresql", "planned-mongodb"), ()),
            ("poafix", ("dynamodb", "postgresql", "recommended"), ALONE_ON_POAFIX),
            ("screen-time-journey", ("recommended", "postgresql", "mongodb"), ()),
        )
        for move in round_trip(app, designs, alone)
    ),
]


@pytest.mark.parametrize("move", MOVES, ids=str)
def test_a_service_answers_alike_before_and_after_its_data_moves(
    move: Move, tmp_path: Path
) -> None:
    module = import_module(f"running_services.test_{move.app.replace('-', '_')}")
    environment = {**module.ENVIRONMENT, "UPLOAD_FOLDER": str(tmp_path / "uploads")}
    with ExitStack() as databases:
        places = [databases.enter_context(database_of(each)) for each in (move.source, move.target)]
        pair = [databases.enter_context(started(move.app, *place, environment)) for place in places]
        answer_alike(move, module, *pair, tmp_path)


def answer_alike(
    move: Move, module: ModuleType, source: Running, target: Running, folder: Path
) -> None:
    """Run the suite, move the data, ask again on both sides, run the suite on the target."""
    read: list[Read] = []
    with source.client:
        note_reads(source, read)
        run(suite(module, move.not_before), source)
    moved = migrate(move, source, target, folder)
    assert moved > 50
    assert len(read) > 10
    before, after = everything(source.restarted(), read), everything(target.restarted(), read)
    different = [each for each in read if before[each] != after[each]]
    assert [(each.path, before[each], after[each]) for each in different] == []
    assert any(status == 200 for status, _ in before.values())
    with target.client:
        run(suite(module, move.not_after), target)


@contextmanager
def started(
    app: str, design: str, target: str, environment: Mapping[str, str]
) -> Iterator[Running]:
    module, _, name = SERVICES[app].partition(":")
    service = getattr(import_module(module), name)
    running = prepared(Running(service, app, design, environment, target=target, closes=False))
    with closing(running.store):
        yield running


def prepared(running: Running) -> Running:
    """Let a service send codes to the test, and take less time for a password."""
    if running.store.model.app == "screen-time-journey":
        running.service.messages = KeptMessages()
    if running.store.model.app == "auxeira":
        running.service.accounts.passwords = BcryptPasswords(4)
    return running


def suite(module: ModuleType, but: tuple[str, ...]) -> list[Callable[[Running], None]]:
    """Return the tests of a module that need a service and nothing else."""
    tests = {
        name: test
        for name, test in vars(module).items()
        if name.startswith("test_") and list(inspect.signature(test).parameters) == ["service"]
    }
    assert set(but) <= set(tests)
    assert len(tests) > 10
    return [test for name, test in tests.items() if name not in but]


def run(tests: list[Callable[[Running], None]], service: Running) -> None:
    for test in tests:
        service.time.restart()
        service.time.seconds += 300
        service.client.cookies.clear()
        prepared(service)
        if hasattr(service.service, "mailer"):
            service.service.mailer.messages.clear()
        test(service)


@dataclass(frozen=True)
class Read:
    """A request that changes nothing, and when it was made."""

    moment: Any
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]


ELSEWHERE = ("/metrics", "/events", "/health", "/openapi.json")


def note_reads(service: Running, read: list[Read]) -> None:
    """Keep every request that reads, but for those of one process and those of a later page."""
    send = service.client.request

    def request(method: str, url: Any, **more: Any) -> Any:
        path, _, text = str(url).partition("?")
        query = dict(part.partition("=")[::2] for part in text.split("&") if part)
        query |= {name: str(value) for name, value in (more.get("params") or {}).items()}
        if method == "GET" and path not in ELSEWHERE and not {*query} & {*PAGES}:
            headers = dict(more.get("headers") or {})
            each = Read(service.time.moment, path, tuple(query.items()), tuple(headers.items()))
            if each not in read:
                read.append(each)
        return send(method, url, **more)

    service.client.request = request  # type: ignore[method-assign]


def migrate(move: Move, source: Running, target: Running, folder: Path) -> int:
    """Move everything as `migrate` does, and return how many records were written."""
    session = app_session(move.app)
    pair = source.store.adapter, target.store.adapter
    codecs = [
        session.engine_of(adapter.design).connector.codec(
            session.model, adapter.design, keeps_values=True
        )
        for adapter in pair
    ]
    transform = Transform(session.model, codecs[0], codecs[1])
    work = Migration(pair[0], pair[1], transform, Staging(folder / "staging.db"))
    assert [problem.text for problem in work.check().problems] == []
    written = work.write()
    assert work.verify().is_clean
    return written


def everything(service: Running, read: list[Read]) -> dict[Read, tuple[int, Any]]:
    """Return status and body of each request, with all of its pages."""
    prepared(service)
    with service.client:
        answers = {}
        # what is asked is an event of its own some time later, so activity is read first; to show a
        # PIN is noted as an event at once, so those come last
        for each in sorted(
            read, key=lambda e: (e.path != "/api/activity", e.path.endswith("/pin"))
        ):
            service.time.restart()
            service.time.moment = each.moment
            service.client.cookies.clear()
            answers[each] = answered(service, each)
        return answers


def answered(service: Running, each: Read) -> tuple[int, Any]:
    pages: list[Any] = []
    query = dict(each.query)
    while True:
        reply = service.client.get(each.path, params=query, headers=dict(each.headers))
        if not reply.headers.get("content-type", "").startswith("application/json"):
            return reply.status_code, reply.text
        body = reply.json()
        content = body.get("data", body) if isinstance(body, dict) else body
        token = ""
        if isinstance(content, dict) and isinstance(content.get("next", ""), str):
            token = content.pop("cursor", "") or content.pop("next", "")
            query["page" if "items" in content else "cursor"] = token
        pages.append(body)
        if not token:
            return reply.status_code, [settled(page) for page in joined(pages)]


def joined(pages: list[Any]) -> list[Any]:
    """Return pages as one, if they hold lists."""
    if len(pages) == 1:
        return pages
    return [
        {
            name: [row for page in pages for row in page[name]] if type(value) is list else value
            for name, value in pages[0].items()
        }
    ]


def settled(content: Any) -> Any:
    """Return an answer with rows that are equal to its order sorted: each engine has its own."""
    if isinstance(content, dict):
        return {name: settled(value) for name, value in content.items()}
    if not isinstance(content, list):
        return content
    rows = [settled(row) for row in content]
    return [
        row
        for _, equals in groupby(rows, key=place)
        for row in sorted(equals, key=lambda row: json.dumps(row, sort_keys=True))
    ]


def place(row: Any) -> str:
    """Return what a list is ordered by, if a row shows it: when it was made, or where it is."""
    if isinstance(row, dict):
        for name in ORDERED_BY:
            if name in row:
                return str(row[name])
        identity = str(row.get("id", ""))
        if OBJECT_ID.fullmatch(identity):
            return identity[:12]  # the milliseconds
    return json.dumps(row, sort_keys=True)
