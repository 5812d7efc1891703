"""A store: the access patterns of a model as methods, on one database.

In: arguments by name. Out: instances, pages of them, or an exception that says plainly what was not
met. Safe across threads: each call takes one of a few connections of its own.
"""

from __future__ import annotations

import datetime as dt
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.design.values import Design
from tablewright.evaluation.doors import Adapter, CallFailedError, Outcome
from tablewright.evaluation.parameters import Signature
from tablewright.evaluation.values import Evaluation, Route
from tablewright.model.values import Model, Pattern, Verb
from tablewright.sample.calls import Call, Row
from tablewright.sample.conditions import all_hold, write_tests
from tablewright.store.calling import AskedCall, CallBuilder, Clock
from tablewright.store.failures import (
    ConditionFailed,
    Conflict,
    InvalidArguments,
    NotFound,
    NotServed,
    Problem,
    StoreError,
    Unavailable,
)
from tablewright.store.metering import RunningUse
from tablewright.store.records import Page, record_class
from tablewright.store.serving import ServedPattern, is_one
from tablewright.store.tokens import BadToken, PageTokens

ATTEMPTS = 20
"""How often a write is tried whose instance others change between its read and its write."""
FIRST_PAUSE_SECONDS = 0.005
CONNECTIONS = 8


def utc_now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)


class Connections:
    """A few adapters of one database, lent to one call at a time."""

    def __init__(self, first: Adapter, most: int) -> None:
        self.first, self._most = first, most
        self._idle: queue.LifoQueue[Adapter] = queue.LifoQueue()
        self._idle.put(first)
        self._all = [first]
        self._lock = threading.Lock()

    @contextmanager
    def lent(self) -> Iterator[Adapter]:
        """Lend one; wait for one where all are in use."""
        adapter = self._take()
        try:
            yield adapter
        finally:
            self._idle.put(adapter)

    def _take(self) -> Adapter:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        with self._lock:
            if len(self._all) < self._most:
                adapter = self.first.fork()
                self._all.append(adapter)
                return adapter
        return self._idle.get()

    def close(self) -> None:
        """Close them all, the first one last: it may own the server."""
        for adapter in reversed(self._all):
            adapter.close()


class Store:
    """The access patterns of one model on one database.

    `store.incrementUsage(userId=…, tokens=150)` calls the pattern of that name; `store.call` takes
    the name as a text. A pattern whose name a store has itself (`close`) is called `close_`.
    Instances are dataclasses of `store.types`, see `records`.

    Attributes:
        model: the model.
        design: the design of the database.
        bill: what the calls have consumed so far.
        types: the class of each entity, by its name.
    """

    def __init__(
        self,
        *,
        model: Model,
        evaluation: Evaluation,
        served: Mapping[str, ServedPattern],
        adapter: Adapter,
        prices: Mapping[str, Decimal] | None = None,
        tokens: PageTokens | None = None,
        clock: Clock = utc_now,
        connections: int = CONNECTIONS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = model
        self.design: Design = evaluation.design
        self.bill = RunningUse(evaluation, prices)
        self.types = {entity.name: record_class(entity) for entity in model.entities}
        self._fields = {
            name: {attribute: field for field, attribute in made._attributes.items()}
            for name, made in self.types.items()
        }
        self._served = served
        self._connections = Connections(adapter, connections)
        self._builder = CallBuilder(model, clock)
        self._tokens = tokens or PageTokens()
        self._sleep = sleep
        self._shown: dict[tuple[str, tuple[str, ...] | None], Mapping[str, str]] = {}
        self._lacked: dict[tuple[str, str, frozenset[str]], frozenset[str]] = {}

    # ------------------------------------------------------------ what there is

    @property
    def description(self) -> str:
        """Which database it is."""
        return self._connections.first.description

    @property
    def adapter(self) -> Adapter:
        """The database below, for what is no access pattern: filling it, looking at it."""
        return self._connections.first

    def look(self) -> tuple[str, ...]:
        """Return which containers of the design the database has, asking it.

        Raises:
            EngineError: it does not answer.
        """
        with self._connections.lent() as adapter:
            return tuple(adapter.describe())

    @property
    def patterns(self) -> tuple[str, ...]:
        """The names of the patterns that can be called."""
        return tuple(name for name, served in self._served.items() if not served.refusal)

    def signature(self, pattern: str) -> Signature:
        """Return the parameters of a pattern.

        Raises:
            NotServed: there is no such pattern.
        """
        return self._find(pattern).signature

    def refusal(self, pattern: str) -> str:
        """Return why a pattern cannot be called on this design; "" if it can."""
        return self._find(pattern).refusal

    def _find(self, name: str) -> ServedPattern:
        served = self._served.get(name)
        if served is None:
            close = nearest(name, list(self._served))
            hint = f"did you mean `{close}`?" if close else f"there are {', '.join(self._served)}"
            raise NotServed(f"there is no access pattern `{name}`", pattern=name, remedy=hint)
        return served

    def __getattr__(self, name: str) -> Callable[..., Any]:
        served = self.__dict__.get("_served", {})
        if name.endswith("_") and name[:-1] in served and hasattr(type(self), name[:-1]):
            name = name[:-1]
        if name.startswith("_") or name not in served:
            close = nearest(name, list(served))
            hint = f": did you mean `{close}`?" if close else ""
            raise AttributeError(f"the model has no access pattern `{name}`{hint}")

        def function(**arguments: Any) -> Any:
            return self.call(name, arguments)

        function.__name__ = name
        function.__doc__ = self._served[name].pattern.title or name
        return function

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._served]

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back connections, processes and files."""
        self._connections.close()

    # ------------------------------------------------------------ calls

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a pattern.

        Returns:
            Of a get the instance, or None; of a list a `Page`; of a read a mapping from the names
            of its entities to what was found of each; of a put the instance as it is
            stored; of a transaction those that were put, a tuple; of an update or delete None.

        Raises:
            StoreError: see `failures`.
        """
        served = self._find(name)
        if served.refusal:
            raise NotServed(f"{name}: {served.refusal}", pattern=name)
        question = self._builder.question(served.signature, arguments)
        try:
            with self._connections.lent() as adapter:
                if served.pattern.verb.is_write:
                    return self._write(adapter, served, question)
                return self._read(adapter, served, question)
        except UnsupportedError as problem:
            raise NotServed(str(problem), pattern=name, remedy=problem.remedy) from problem
        except CallFailedError as failed:
            self.bill.add(name, failed.outcome, failed=True)
            if failed.is_of_values:
                wrong = [Problem("arguments", "the database does not take one of the values")]
                raise InvalidArguments(wrong, pattern=name) from failed
            kind = Conflict if "met other transactions" in str(failed) else StoreError
            raise kind(f"{name}: {failed}", pattern=name, remedy=failed.remedy) from failed
        except EngineError as problem:
            raise Unavailable(
                f"{name}: {problem}", pattern=name, remedy=problem.remedy
            ) from problem

    def _read(self, adapter: Adapter, served: ServedPattern, question: AskedCall) -> Any:
        pattern, call = served.pattern, question.call
        known = frozenset[str]().union(*question.known)
        missing = sorted(self._lacks(adapter, served.route, pattern, known))
        if missing:
            problems = [Problem(name, "is missing: this design's keys need it") for name in missing]
            raise InvalidArguments(problems, pattern=pattern.name)
        if question.page:
            try:
                position = self._tokens.position(question.page, pattern.name, question.asked)
            except BadToken as bad:
                raise InvalidArguments([Problem("page", str(bad))], pattern=pattern.name) from bad
            call = replace(call, resume=position)
        outcome = adapter.run(served.route, call, is_metered=False)
        self.bill.add(pattern.name, outcome)
        if pattern.verb is Verb.READ:
            return {
                part.entity: self._of_part(part, rows)
                for part, rows in zip(pattern.parts, outcome.parts, strict=True)
            }
        records = tuple(self._record(pattern, row) for row in outcome.rows)
        if pattern.verb is Verb.GET and not served.signature.is_batch:
            return records[0] if records else None
        token = ""
        if outcome.position is not None:
            token = self._tokens.token(outcome.position, pattern.name, question.asked)
        return Page(records[pattern.skip :], token)

    def _of_part(self, part: Pattern, rows: Sequence[Row]) -> Any:
        """Return what one part of a `read` found: of a get the instance or None, of a list all."""
        records = tuple(self._record(part, row) for row in rows)
        if part.verb is Verb.GET:
            return records[0] if records else None
        return records

    def _lacks(
        self, adapter: Adapter, route: Route, pattern: Pattern, known: frozenset[str]
    ) -> frozenset[str]:
        """Return what an adapter says a request lacks, which is the same every time."""
        key = (route.pattern, pattern.name, known)
        lacked = self._lacked.get(key)
        if lacked is None:
            lacked = self._lacked[key] = adapter.lacks(route, pattern, known)
        return lacked

    def _record(self, pattern: Pattern, row: Row) -> Any:
        """Return a row as an instance, with its key and what the pattern selects."""
        fields = self._shown_fields(pattern)
        return self.types[pattern.entity](
            **{fields[name]: value for name, value in row.items() if name in fields}
        )

    def _shown_fields(self, pattern: Pattern) -> Mapping[str, str]:
        """Return the fields of the attributes that a pattern shows, worked out once."""
        key = (pattern.entity, pattern.select)
        shown = self._shown.get(key)
        if shown is None:
            shown = self._fields[pattern.entity]
            if pattern.select is not None:
                selected = {*pattern.select, *self.model.entity(pattern.entity).key}
                shown = {name: field for name, field in shown.items() if name in selected}
            self._shown[key] = shown
        return shown

    # ------------------------------------------------------------ writes

    def _write(self, adapter: Adapter, served: ServedPattern, question: AskedCall) -> Any:
        pattern, call = served.pattern, question.call
        parts = call.parts or (call,)
        lacks = [
            self._lacks(adapter, served.route, part.pattern, known)
            if part.pattern.verb is not Verb.PUT
            else frozenset[str]()
            for part, known in zip(parts, question.known, strict=True)
        ]
        several = not call.parts and self._names_several(call)
        if not any(lacks) and not several:
            outcome = adapter.run(served.route, call, is_metered=False)
            self.bill.add(pattern.name, outcome, failed=not outcome.is_condition_met)
            self._require_met(pattern, outcome)
        else:
            self._write_stored(adapter, served, call, lacks)
        put = tuple(
            self._record(each.pattern, each.row)
            for part in parts
            if part.pattern.verb is Verb.PUT
            for each in part.all
        )
        if pattern.verb is Verb.PUT:
            return put if served.signature.is_batch else put[0]
        return put if call.parts and put else None

    def _names_several(self, call: Call) -> bool:
        changes = call.pattern.verb in (Verb.UPDATE, Verb.DELETE)
        return changes and call.pattern.batch == 1 and not is_one(self.model, call.pattern)

    def _require_met(self, pattern: Pattern, outcome: Outcome) -> None:
        if outcome.is_condition_met:
            return
        if outcome.is_missing:
            raise NotFound(f"{pattern.name}: what it speaks of is not there", pattern=pattern.name)
        words = [p.condition for p in pattern.parts or (pattern,) if p.condition]
        if words == ["absent"]:
            message = "it is there already, or a unique attribute of it is taken"
        else:
            message = f"the condition does not hold: {' · '.join(words) or 'it must be there'}"
        raise ConditionFailed(f"{pattern.name}: {message}", pattern=pattern.name)

    def _write_stored(
        self,
        adapter: Adapter,
        served: ServedPattern,
        call: Call,
        lacks: list[frozenset[str]],
    ) -> None:
        """Write instances that have to be read first, and have to be unchanged when written."""
        name = served.pattern.name
        if not call.parts:
            rows = self._stored_rows(adapter, served, call)
            if not rows:
                self.bill.add(name, Outcome(), failed=True)
                raise NotFound(f"{name}: what it speaks of is not there", pattern=name)
            key = self.model.entity(call.pattern.entity).key
            for row in rows:
                keyed = replace(call, row={**call.row, **{n: row[n] for n in key if n in row}})
                self._write_until_unchanged(adapter, served, (keyed,), lacks, [row])
            return
        self._write_until_unchanged(adapter, served, call.parts, lacks, None, whole=call)

    def _write_until_unchanged(
        self,
        adapter: Adapter,
        served: ServedPattern,
        parts: tuple[Call, ...],
        lacks: list[frozenset[str]],
        rows: list[Row] | None,
        whole: Call | None = None,
    ) -> None:
        name = served.pattern.name
        locked: list[dict[str, Any]] = []
        for attempt in range(ATTEMPTS):
            prepared: list[Call] = []
            for part, lacked in zip(parts, lacks, strict=True):
                if part.pattern.verb is Verb.PUT or (whole is not None and not lacked):
                    prepared.append(part)
                    continue
                found = rows if rows is not None and not attempt else None
                if found is None:
                    found = self._stored_rows(adapter, served, part)
                row = next((row for row in found if self._is_of(part, row)), None)
                if row is None:
                    self.bill.add(name, Outcome(), failed=True)
                    raise NotFound(f"{name}: what it speaks of is not there", pattern=name)
                prepared.append(self._on_stored(part, row, lacked))
            locks = [dict(part.unchanged) for part in prepared]
            if attempt and locks == locked:
                break
            locked = locks
            call = replace(whole, parts=tuple(prepared)) if whole is not None else prepared[0]
            outcome = adapter.run(served.route, replace(call, is_stored=True), is_metered=False)
            self.bill.add(name, outcome, failed=not outcome.is_condition_met)
            if outcome.is_condition_met:
                return
            if not self._may_hold(prepared):
                break
            self._sleep(FIRST_PAUSE_SECONDS * min(64, 2**attempt) * random.uniform(0.5, 1.0))
        else:
            raise Conflict(f"{name}: others kept changing the same instance", pattern=name)
        self._require_met(served.pattern, outcome)

    def _is_of(self, part: Call, row: Row) -> bool:
        """Whether a row is the instance a write speaks of, as far as it says."""
        key = self.model.entity(part.pattern.entity).key
        return all(part.row.get(name) in (None, row.get(name)) for name in key)

    def _may_hold(self, prepared: list[Call]) -> bool:
        """Whether the conditions held on what was read, so that only a change can have failed."""
        for part in prepared:
            if part.pattern.verb is Verb.PUT or not part.is_stored:
                continue
            unconditional = replace(part, unchanged={})
            entity = self.model.entity(part.pattern.entity)
            if not all_hold(write_tests(entity, unconditional), part.row):
                return False
        return any(part.unchanged for part in prepared)

    def _on_stored(self, part: Call, row: Row, lacked: frozenset[str]) -> Call:
        """Return a write of an instance as it was read, which must not have changed since."""
        pattern = part.pattern
        changed = {name: value for name, value in part.after.items() if name in pattern.sets}
        after = {**row, **changed}
        for name in pattern.increments:
            after[name] = (row.get(name) or 0) + part.amount(name)
        for name in pattern.appends:
            more = list(part.after.get(name) or ())
            after[name] = [*(row.get(name) or ()), *more]
        for name in pattern.removes:
            after.pop(name, None)
        key = self.model.entity(pattern.entity).key
        locks = {n: row.get(n) for n in sorted(lacked) if n not in key}
        return replace(
            part,
            row=dict(row),
            after=after if pattern.verb is Verb.UPDATE else {},
            unchanged=locks,
            is_stored=True,
        )

    def _stored_rows(self, adapter: Adapter, served: ServedPattern, part: Call) -> list[Row]:
        """Return the stored instances that a write speaks of."""
        known = frozenset(part.row)
        for finder in served.finders[part.pattern.name]:
            if self._lacks(adapter, finder.route, finder.pattern, known):
                continue
            call = Call(pattern=finder.pattern, row=part.row, tests=part.tests, now=part.now)
            outcome = adapter.run(finder.route, call, is_metered=False)
            self.bill.add_more(served.pattern.name, outcome)
            return list(outcome.rows)
        raise NotServed(
            f"{served.pattern.name}: nothing finds what it speaks of", pattern=served.pattern.name
        )
