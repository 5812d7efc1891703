"""Open the store of a model file on a database.

In: a path, the name of a design, a target. Out: a `Store`. The containers of the design are created
where the database is the embedded one, or where that is asked for; elsewhere they have to be there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.design.values import Design
from tablewright.engines.registry import ENGINES
from tablewright.evaluation.connector import Connector
from tablewright.evaluation.doors import Adapter, Target
from tablewright.operate.provision import apply_provision, require_containers
from tablewright.operate.seed import Position, apply_seed, plan_seed
from tablewright.operate.workspace import Workspace
from tablewright.sample.sample import Sample
from tablewright.session import Session, open_model
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.calling import Clock
from tablewright.store.serving import served_patterns
from tablewright.store.store import CONNECTIONS, Store, utc_now
from tablewright.store.tokens import PageTokens

MEMORY = "memory"
WORDS = ("local", MEMORY, "aws")
PLANNED = "planned-"


def open_store(
    path: str | Path | Session = ".",
    design: str = "",
    target: str | Target = "local",
    *,
    create: bool = False,
    users: int | None = None,
    token_secret: bytes | None = None,
    clock: Clock = utc_now,
    connections: int = CONNECTIONS,
) -> Store:
    """Open a store: each access pattern of the model becomes a method of it.

    Args:
        path: the model file, its folder, or a session on one.
        design: its name; the first of the file unless given. The name of an engine means the
            design of the file for it, else a usual one.
        target: `local`, the embedded database beside the model file; `memory`, an empty one that is
            gone once the store is closed; `aws`; an address such as `http://localhost:8000`,
            `postgresql://…`, `mongodb://…`; or a `Target`.
        create: create what is missing of the design's containers also elsewhere than on the
            embedded database.
        users: the scale at which routes are chosen, the first of the file unless given.
        token_secret: signs page tokens; else TABLEWRIGHT_TOKEN_SECRET, else random for the process.
        clock: tells the time.
        connections: calls that run at once.

    Raises:
        UsageError: there is no such file or design, or the containers are not there.
        EngineError: the database cannot be reached.
    """
    session = path if isinstance(path, Session) else open_model(path)
    chosen = store_design(session, design)
    engine = session.engines[chosen.engine]
    scale = users or session.model.scales[0]
    served, evaluation = served_patterns(
        engine, session.model, chosen, scale, session.book(), session.region
    )
    adapter = _adapter(session, engine.connector, chosen, target, create=create)
    prices: Mapping[str, Decimal] = {}
    if engine.is_billed_by_request(chosen):
        rates = Rates(session.book(), session.region)
        prices = {name: rates.usd(name) for name in ("read", "write")}
    return Store(
        model=session.model,
        evaluation=replace(evaluation, model=session.model),
        served=served,
        adapter=adapter,
        prices=prices,
        tokens=PageTokens(token_secret),
        clock=clock,
        connections=connections,
    )


async def open_store_async(
    path: str | Path | Session = ".",
    design: str = "",
    target: str | Target = "local",
    **options: Any,
) -> AsyncStore:
    """Open a store whose calls are coroutines; see `open_store`."""
    loop = asyncio.get_running_loop()
    opening = partial(open_store, path, design, target, **options)
    store = await loop.run_in_executor(None, opening)
    return AsyncStore(store, workers=options.get("connections", CONNECTIONS))


def fill_store(store: Store, session: Session, users: int) -> int:
    """Write the sampled instances of a number of users to an empty store; return how many records.

    They are the very instances that `seed` writes.
    """
    model, design = session.model, store.design
    connector = session.engines[design.engine].connector
    adapter = store.adapter
    book = session.book()
    evaluation = connector.population(model, design, users, book, region=session.region)
    sample = Sample(model)
    plan = plan_seed(connector, adapter.codec, sample, evaluation, Decimal(0))
    position = Position(digest="", design=design.name, users=users, seed=model.seed)
    return apply_seed(plan, adapter, sample, position=position)


def store_design(session: Session, name: str) -> Design:
    """Return a design of the file by name; by the name of an engine the first for it, or a usual.

    `planned-postgresql` is the usual one for PostgreSQL, whatever the file has for it.

    Raises:
        UsageError: there is none.
    """
    if any(design.name == name for design in session.designs):
        return session.design(name)
    engine = name.removeprefix(PLANNED)
    if engine not in ENGINES:
        return session.design(name)
    for design in session.designs:
        if design.engine == name:
            return design
    usual = session.engines[engine].usual_design(session.model)
    if usual is None:
        raise UsageError(
            f"the model file has no design for {engine}",
            remedy="write one, or let `tablewright plan --write` make one",
        )
    return usual


def target_of(text: str) -> Target:
    """Return the database that a text names.

    Raises:
        UsageError: it names none.

    Example:
        >>> target_of("postgresql://localhost/shop").endpoint, target_of("local").is_local
        ('postgresql://localhost/shop', True)
    """
    if text == "local":
        return Target()
    if text == "aws":
        return Target(aws=True)
    if "://" in text:
        return Target(endpoint=text)
    close = nearest(text, list(WORDS))
    raise UsageError(
        f"`{text}` is no database",
        remedy=f"did you mean `{close}`?"
        if close
        else "write local, memory, aws, or an address such as postgresql://HOST/DATABASE",
    )


def _adapter(
    session: Session, connector: Connector, design: Design, target: str | Target, *, create: bool
) -> Adapter:
    model = session.model
    if target == MEMORY:
        adapter = connector.temporary(model, design, Decimal(0), keeps_values=True)
        apply_provision(adapter.plan_provision(), adapter, lambda text: None)
        return adapter
    reached = target if isinstance(target, Target) else target_of(target)
    folder = Workspace(session.file.path).folder
    adapter = connector.connect(
        model, design, reached, folder, creates=reached.is_local, keeps_values=True
    )
    try:
        if create or reached.is_local:
            apply_provision(adapter.plan_provision(), adapter, lambda text: None)
        require_containers(adapter, model.app)
    except BaseException:
        adapter.close()
        raise
    return adapter
