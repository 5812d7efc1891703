"""Run the workload of a design against a database, check every answer, meter every call.

In: a `Proving`: an evaluated design, the instances that were seeded, an adapter. Out: a Proof. It
creates nothing and seeds nothing; it changes records, as the workload's writes do. Which database
it is, it does not know.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.doors import (
    Adapter,
    CallFailedError,
    Outcome,
    Predictor,
    RecordKind,
    Units,
)
from tablewright.evaluation.values import Evaluation, Measure, Route
from tablewright.model.values import Entity, Model, Pattern, Verb
from tablewright.proof.money import metered_usd, with_shares
from tablewright.proof.oracle import is_as_written, wrong
from tablewright.proof.tally import PARTS, SHOWN, Tally, error_of
from tablewright.proof.values import PatternProof, Proof, UnitComparison
from tablewright.proof.workload import NothingNewError, Workload
from tablewright.sample.calls import Call, Children, Row, no_children
from tablewright.sample.world import ExpectedAnswer, World

FEWEST_CALLS = 20
FEWEST_THAT_MATTER = 128
"""Calls of a pattern that is more than one per cent of the bill."""
COSTLY_UNITS = 1500
"""Units of a read call from which on fewer calls are made: 6 MB and more."""
MOST_UNITS = 200_000
"""Units that the calls of a costly pattern take together: some 800 MB are read."""
Progress = Callable[[int, int, str], None]


@frozen(slots=False)
class Proving:
    """What a proof is made of."""

    evaluation: Evaluation
    """The design's routes and bill at the seeded number of users."""
    world: World
    """The instances that were seeded."""
    adapter: Adapter
    predictor: Predictor
    requests: int
    """Total calls, split by the rates of the patterns; a pattern gets at least 20."""
    seed: int
    """Of the workload."""
    digest: str
    """Of the model file, to tell later whether the proof is stale."""
    ttl_shift: int = 0
    """Seconds by which the expiry of seeded records was moved on."""
    progress: Progress | None = None
    """Told of calls done, calls in all, and the pattern."""
    date: str = ""
    """Of today, as YYYY-MM-DD."""
    machine: str = ""
    """Which machine makes the calls, in words."""


def _is_refused_unawares(call: Call) -> bool:
    """Whether a call is refused because no instance was found that meets its condition.

    Its answer is checked, but how many are refused is what the model says, and what the estimate is
    made of: with those, the refused ones among the metered calls would be too many.
    """
    return any(each.is_unmet for each in call.instances)


class Runner:
    """Runs the patterns of one evaluated design."""

    def __init__(self, proving: Proving) -> None:
        self.evaluation = proving.evaluation
        self.model: Model = proving.evaluation.model
        self.world = proving.world
        self.adapter = proving.adapter
        self.codec = proving.adapter.codec
        self.predictor = proving.predictor
        self.ttl_shift = proving.ttl_shift
        self.tallies: dict[str, Tally] = {}
        self.touched: dict[tuple[str, int], None] = {}
        self._readable: dict[str, frozenset[str]] = {}

    # ------------------------------------------------------------ one call

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> None:
        """Carry out one call, check its answer, note what it consumed."""
        tally = self.tallies.setdefault(call.pattern.name, Tally())
        self.ensure_parents(call)
        self._bring_back(call)
        self._make_room(call)
        is_metered = is_metered and not _is_refused_unawares(call)
        note = self.predictor.note(call) if is_metered else None
        try:
            outcome = self.adapter.run(route, self.prepared(call), is_metered=is_metered)
        except CallFailedError as failed:
            outcome = failed.outcome
            tally.fail(str(failed))
        else:
            self._check(tally, call, outcome)
        tally.requests += outcome.requests
        tally.retries += outcome.retries
        if is_metered:
            tally.seconds.append(outcome.seconds)
            tally.calls += 1
            tally.access.update([outcome.access] if outcome.access else [])
            if outcome.consumed is not None:
                tally.note(outcome.consumed)
                tally.notes.append(note)
                tally.note_asked(call)

    def _check(self, tally: Tally, call: Call, outcome: Outcome) -> None:
        if call.pattern.verb is Verb.READ:
            problem = self._wrong_of_several(call, outcome)
        elif not call.pattern.verb.is_write:
            problem = self._wrong_answer(call, list(outcome.rows))
        elif not outcome.is_condition_met:
            problem = ""
            if not call.must_fail:
                tally.fail(outcome.message)
        elif call.must_fail:
            problem = "a write succeeded whose condition does not hold"
        else:
            problem = ""
            self.remember(call)
        if problem:
            tally.answer_wrongly(problem)

    def prepared(self, call: Call) -> Call:
        """Return a call with what only some designs ask for: children, parent, later expiry."""
        return replace(
            call,
            row=self._later(call.row),
            after=self._later(call.after),
            children=children_of(self.world, call.pattern.entity, call.number),
            parent=partial(self._parent, call),
            place=partial(self._place, call),
            seeded=self._seeded_value,
            parts=tuple(self.prepared(part) for part in call.parts),
            more=tuple(self.prepared(each) for each in call.more),
        )

    def _later(self, row: Row) -> Row:
        """Return an instance that expires as much later as the seeded ones do."""
        names = [name for name in self.codec.expiry if isinstance(row.get(name), int)]
        if not self.ttl_shift or not names:
            return row
        return {**row, **{name: row[name] + self.ttl_shift for name in names}}

    def ensure_parents(self, call: Call) -> None:
        """Write the parents of new instances where the database asks for them."""
        if not self.codec.needs_parents:
            return
        puts = [each for each in call.instances if each.pattern.verb is Verb.PUT]
        own_parents = {
            (each.pattern.entity, tuple(each.row.get(name) for name in entity.key))
            for each in puts
            for entity in (self.model.entity(each.pattern.entity),)
        }
        for each in puts:
            entity = self.model.entity(each.pattern.entity)
            if entity.parent is not None:
                self._make(self.model.entity(entity.parent), each.row, own_parents)

    def _bring_back(self, call: Call) -> None:
        """Write instances again that were deleted, where a call deletes or changes them once more.

        So a pattern that deletes can be called more often than there are instances.
        """
        for each in call.instances:
            entity = self.model.entity(each.pattern.entity)
            if each.pattern.verb is Verb.PUT or each.number is None:
                continue
            if entity.name in self.codec.embedded or self.world.is_alive(entity.name, each.number):
                continue
            row = self.world.original(entity.name, each.number)
            if entity.parent is not None and self.codec.needs_parents:
                self._make(self.model.entity(entity.parent), row, ())
            children = children_of(self.world, entity.name, each.number)
            self.adapter.bulk_write(self.codec.encode(entity.name, self._later(row), children))
            self.world.restore(entity.name, each.number)

    def _make_room(self, call: Call) -> None:
        """Take away what has the key of a new instance, where each key there may be is taken.

        So a put is what the estimate is made of: it adds an instance, and replaces none.
        """
        for each in call.instances:
            entity = self.model.entity(each.pattern.entity)
            if each.pattern.verb is not Verb.PUT or each.must_fail or len(entity.key) < 2:
                continue  # a key of one attribute is always a new one
            if entity.name in self.codec.embedded:
                continue
            number = self.world.numbered(entity, each.row)
            row = None if number is None else self.world.row(entity.name, number)
            if number is None or row is None:
                continue
            children = children_of(self.world, entity.name, number)
            self.adapter.remove(self.codec.encode(entity.name, self._later(row), children))
            self.world.change(entity.name, number, None)

    def _make(
        self, entity: Entity, child: Row, own: Container[tuple[str, tuple[Any, ...]]]
    ) -> None:
        """Write the parent of a new instance where there is none: a foreign key asks for it.

        What the call itself writes is left to it.
        """
        key = (entity.name, tuple(child.get(name) for name in entity.key))
        if key in own or self.world.numbered(entity, child) is not None:
            return
        fresh, row = self.world.fresh(entity.name)
        row |= {name: child[name] for name in entity.key if name in child}
        if entity.parent is not None:
            self._make(self.model.entity(entity.parent), row, own)
        self.adapter.bulk_write(self.codec.encode(entity.name, row, no_children))
        self.world.add(entity, row, fresh=fresh)

    def _owner(self, call: Call) -> int | None:
        """Return the number of the instance's parent."""
        entity = self.model.entity(call.pattern.entity)
        if entity.parent is None:
            return None
        return self.world.numbered(self.model.entity(entity.parent), call.row)

    def _parent(self, call: Call) -> Row:
        owner = self._owner(call)
        parent = self.model.entity(call.pattern.entity).parent
        if owner is None or parent is None:
            return {}
        return self.world.row(parent, owner) or {}

    def _place(self, call: Call) -> int:
        owner = self._owner(call)
        parent = self.model.entity(call.pattern.entity).parent
        if owner is None or parent is None or call.number is None:
            return 0
        # a removed element leaves its place to the one after it
        siblings = [
            number
            for number in self.world.children(call.pattern.entity, parent, owner)
            if self.world.row(call.pattern.entity, number) is not None
        ]
        return siblings.index(call.number) if call.number in siblings else 0

    def _seeded_value(self, entity_name: str, row: Row, attribute: str) -> Any:
        """Return an attribute of an instance as it was seeded; None for what was not."""
        number = self.world.numbered(self.model.entity(entity_name), row)
        if number is None or number >= self.world.counts[entity_name]:
            return None
        return self.world.original(entity_name, number).get(attribute)

    def predict(self, route: Route) -> None:
        """Work out what the estimate gives for the calls of a pattern, part by part."""
        tally = self.tallies[route.pattern]
        for part in range(min(PARTS, tally.metered)):
            tally.predicted.append(self.predictor.units(route, tally.notes[part::PARTS]))
        tally.notes.clear()

    # ------------------------------------------------------------ answers

    def _wrong_of_several(self, call: Call, outcome: Outcome) -> str:
        """Say what is wrong with the answer to a `read`, of its parts the first that is."""
        for part, rows in zip(call.parts, outcome.parts, strict=True):
            problem = self._wrong_answer(part, list(rows))
            if problem:
                return f"{part.pattern.entity}: {problem}"
        return ""

    def _wrong_answer(self, call: Call, rows: list[Row]) -> str:
        pattern = call.pattern
        entity = self.model.entity(pattern.entity)
        if pattern.batch > 1:
            return self._wrong_batch(entity, pattern, call.all, rows)
        answer = self.world.answer(pattern, call.tests)
        numbers = self.world.numbered_in(entity, answer, rows)
        problem = wrong(self.world, pattern, call.tests, numbers)
        return problem or self._wrong_values(entity, pattern, numbers, rows)

    def _wrong_batch(
        self, entity: Entity, pattern: Pattern, calls: Sequence[Call], rows: list[Row]
    ) -> str:
        expected = dict.fromkeys(
            number for each in calls for number in self.world.find(entity.name, each.tests)
        )
        numbers = self.world.numbered_in(entity, ExpectedAnswer(list(expected)), rows)
        if set(numbers) != set(expected):
            return f"{len(set(numbers))} instances instead of {len(expected)}"
        return self._wrong_values(entity, pattern, numbers, rows)

    def _wrong_values(
        self, entity: Entity, pattern: Pattern, numbers: Sequence[int | None], rows: list[Row]
    ) -> str:
        names = pattern.select if pattern.select is not None else entity.names
        readable = self._readable_of(entity)
        for number, row in zip(numbers, rows, strict=True):
            assert number is not None
            true = self.world.row(entity.name, number) or {}
            for name in names:
                if name in readable and not is_as_written(true.get(name), row.get(name)):
                    return f"`{name}` of an item is not what was written"
        return ""

    def _readable_of(self, entity: Entity) -> frozenset[str]:
        """Return the attributes that come back as they were written."""
        if entity.name not in self._readable:
            hidden = self.codec.unreadable(entity.name)
            if self.ttl_shift:
                hidden |= self.codec.expiry
            self._readable[entity.name] = frozenset(entity.names) - hidden
        return self._readable[entity.name]

    # ------------------------------------------------------------ what was written

    def remember(self, call: Call) -> None:
        """Change what is known of the instances that a write has written."""
        for each in call.instances:
            pattern = each.pattern
            entity = self.model.entity(pattern.entity)
            if pattern.verb is Verb.PUT:
                number = self.world.add(entity, dict(each.row), each.like, each.fresh or 0)
                self.world.note_written(entity.name, number, each.row, dict(pattern.initial))
            elif pattern.verb is Verb.CHECK or each.number is None:
                continue
            else:
                number = each.number
                if pattern.appends:
                    grown = self.world.appended.setdefault((entity.name, number), Counter())
                    grown.update(pattern.appends)
                is_deleted = pattern.verb is Verb.DELETE
                if not is_deleted:
                    names = [name for name in pattern.touched if name not in pattern.appends]
                    self.world.note_written(entity.name, number, each.after, names)
                self.world.change(entity.name, number, None if is_deleted else dict(each.after))
                if is_deleted:
                    self._forget_inside(entity, number)
            self.touched[entity.name, number] = None
            if entity.name in self.codec.embedded and entity.parent is not None:
                owner = self.world.numbered(self.model.entity(entity.parent), each.row)
                if owner is not None:
                    self.touched[entity.parent, owner] = None

    def _forget_inside(self, entity: Entity, number: int) -> None:
        """Note that children went with their parent, where they are kept inside its record only."""
        apart = {kind.entity for kind in self.codec.kinds}
        for child in self.model.entities:
            if child.parent != entity.name or child.name not in self.codec.embedded:
                continue
            for each in self.world.children(child.name, entity.name, number):
                if child.name not in apart:
                    self.world.change(child.name, each, None)

    # ------------------------------------------------------------ what the tables hold

    def state_problems(self, most: int = 400) -> tuple[list[str], int]:
        """Compare the records of touched instances with what they should be."""
        problems: list[str] = []
        checked = 0
        for entity, number in list(self.touched)[-most:]:
            row = self.world.row(entity, number)
            for kind in self.codec.kinds:
                if kind.entity != entity or kind.is_copy or row is None:
                    continue
                checked += 1
                problem = self._record_problem(kind, number, row)
                if problem and len(problems) < SHOWN:
                    problems.append(problem)
        return problems, checked

    def _record_problem(self, kind: RecordKind, number: int, row: Row) -> str:
        children = children_of(self.world, kind.entity, number)
        expected = tuple(self.codec.encode(kind.entity, row, children, kind))
        if not expected:
            return ""
        stored = [self.adapter.stored(record) for record in expected]
        if not any(stored):
            return f"{kind.container} lacks an item of {kind.entity} that was written"
        names = self.codec.differences(expected, stored)
        if names:
            return (
                f"{kind.container}: {', '.join(names)} of a {kind.entity} is not what was written"
            )
        return ""


def children_of(world: World, entity: str, number: int | None) -> Children:
    """Return what gives an instance's embedded children."""

    def children(child: str) -> list[Row]:
        if number is None:
            return []
        rows = (world.row(child, each) for each in world.children(child, entity, number))
        return [row for row in rows if row is not None]

    return children


def prove(proving: Proving) -> Proof:
    """Run the workload and return the proof."""
    evaluation, world = proving.evaluation, proving.world
    runner = Runner(proving)
    workload = Workload(evaluation.model, world, proving.seed)
    workload.must_be_new = True
    routes = {route.pattern: route for route in evaluation.routes}
    not_here = {
        p.name: reason
        for p in evaluation.model.patterns
        if routes[p.name].is_served
        and (reason := not_run_here(p, proving.adapter) or _nobody_to_ask_for(p, world))
    }
    phases = _plan(evaluation, proving.requests, workload, frozenset(not_here))
    full: dict[str, str] = {}
    done, calls = 0, sum(len(names) for names in phases)
    for phase, names in enumerate(phases):
        is_metered = phase < len(phases) - 1
        workload.seeded_only = is_metered
        for name in names:
            if proving.progress is not None and done % 50 == 0:
                proving.progress(done, calls, name)
            done += 1
            if name in full:
                continue
            try:
                call = workload.call(evaluation.model.pattern(name))
            except NothingNewError as problem:
                full[name] = f"every `{problem}` that there can be at so few users is there"
                continue
            runner.run(routes[name], call, is_metered=is_metered)
        if is_metered:
            for name in dict.fromkeys(name for name in names if name in runner.tallies):
                runner.predict(routes[name])
    not_here |= {name: why for name, why in full.items() if name not in runner.tallies}
    problems, checked = runner.state_problems()
    patterns = tuple(
        _pattern_proof(
            routes[p.name],
            runner.tallies.get(p.name, Tally()),
            _estimated_of(proving, p, runner.tallies.get(p.name, Tally())),
            p,
            evaluation.model.latency_target_ms(p),
            not_here.get(p.name, ""),
        )
        for p in evaluation.model.patterns
    )
    return Proof(
        app=evaluation.model.app,
        design=evaluation.design.name,
        users=evaluation.users,
        engine=proving.adapter.description,
        seed=proving.seed,
        model_digest=proving.digest,
        patterns=with_shares(evaluation, patterns),
        predicted_usd=evaluation.bill.total,
        metered_usd=metered_usd(evaluation, patterns),
        state_problems=tuple(problems),
        items_checked=checked,
        compares_units=proving.predictor.is_exact,
        date=proving.date,
        machine=proving.machine,
        is_embedded=proving.adapter.is_local,
        stands_in=proving.adapter.stands_in,
        not_run=evaluation.not_run,
    )


def _why_not_metered(tally: Tally) -> str:
    """Say why no call of a pattern is judged though it was run; "" where some are."""
    if tally.calls or not tally.requests or tally.failures or tally.wrong_calls:
        return ""
    return "of the instances that were seeded none meets its condition"


def _estimated_of(proving: Proving, pattern: Pattern, tally: Tally) -> int:
    """Return how many instances, or lists, the estimate of a pattern is a mean of.

    Of lists it is looked up where calls are so few that the spread of the estimate counts.
    """
    lists = None
    if 0 < tally.choices < FEWEST_THAT_MATTER:
        lists = proving.predictor.lists(pattern)
    return lists or proving.evaluation.sample_items


def not_run_here(pattern: Pattern, adapter: Adapter) -> str:
    """Say why a proof does not run a pattern that the design serves; "" where it does."""
    if pattern.verb is Verb.SEARCH:
        return "which texts contain a word is for the server's own analysis of words to say"
    return adapter.cannot_run(pattern)


def _nobody_to_ask_for(pattern: Pattern, world: World) -> str:
    """Say of which entity a call would name an instance though there is none; "" if there is."""
    for part in pattern.parts or (pattern,):
        if part.verb in _OF_ONE and not world.counts[part.entity]:
            return f"there is no instance of `{part.entity}` at so few users"
    return ""


_OF_ONE = (Verb.GET, Verb.UPDATE, Verb.DELETE, Verb.NEAR, Verb.SIMILAR)


def planned_calls(
    evaluation: Evaluation, world: World, *, requests: int, seed: int
) -> dict[str, int]:
    """Return how often `prove` would call each pattern, given the same arguments."""
    phases = _plan(evaluation, requests, Workload(evaluation.model, world, seed))
    return dict(Counter(name for names in phases for name in names))


def _most_calls(route: Route) -> int:
    """Return how often a pattern is called at most: what reads a whole table is much the same."""
    units = route.units("read").mean
    if units < COSTLY_UNITS:
        return sys.maxsize
    return max(PARTS, int(MOST_UNITS / units))


def _plan(
    evaluation: Evaluation,
    requests: int,
    workload: Workload,
    not_here: Container[str] = (),
) -> tuple[list[str], list[str], list[str]]:
    """Return the patterns in the order of calls: reads, writes, and reads that are not metered.

    A pattern is called as often as its rate says, at least 20 times, and 128 times if it is more
    than a per cent of the bill. If a call reads 1,500 units or more, it is called 8 times, or as
    often as 200,000 units suffice for.

    Reads are metered on the population the prediction speaks of, before writes let it grow; a
    tenth of them is repeated at the end, to check the answers once items have changed.
    """
    served = {
        route.pattern
        for route in evaluation.routes
        if route.is_served and route.pattern not in not_here
    }
    rates = {
        p.name: evaluation.model.calls_per_day(p, evaluation.users)
        for p in evaluation.model.patterns
        if p.name in served
    }
    total = sum(rates.values(), ZERO)
    costs = evaluation.bill.sum_by("pattern")
    whole_number = sum((costs.get(name, ZERO) for name in rates), ZERO)
    reads: list[str] = []
    writes: list[str] = []
    for name, rate in rates.items():
        matters = costs.get(name, ZERO) > whole_number / 100
        fewest = min(requests, FEWEST_THAT_MATTER if matters else FEWEST_CALLS)
        count = max(fewest, int(rate / total * requests)) if total else fewest
        count = min(count, _most_calls(evaluation.route(name)))
        kind = writes if evaluation.model.pattern(name).verb.is_write else reads
        kind += [name] * count
    workload.random.shuffle(reads)
    workload.random.shuffle(writes)
    again = sorted(set(reads)) + reads[: len(reads) // 10] if writes else []
    return reads, writes, again


def _pattern_proof(
    route: Route,
    tally: Tally,
    estimated_of: int,
    pattern: Pattern,
    latency_target_ms: Decimal | None,
    not_here: str,
) -> PatternProof:
    compare = partial(
        _compare,
        route,
        tally,
        estimated_of=estimated_of,
        may_miss=bool(pattern.fails) or pattern.hit < 1,
    )
    resources = sorted(
        {(u.resource, u.dimension) for r in route.requests for u in r.uses} | set(tally.units)
    )
    return PatternProof(
        pattern=route.pattern,
        calls=tally.calls,
        requests=tally.requests,
        reads=compare(None, "read"),
        writes=compare(None, "write"),
        resources=tuple(compare(name, dimension) for name, dimension in resources),
        bill_share=ZERO,
        wrong=tuple(tally.wrong),
        wrong_calls=tally.wrong_calls,
        failures=tuple(tally.failures),
        retries=tally.retries,
        latency_ms=(
            tally.percentile_ms(50),
            tally.percentile_ms(95),
            tally.percentile_ms(99),
        ),
        latency_target_ms=latency_target_ms,
        cannot=route.cannot,
        not_here=not_here or _why_not_metered(tally),
        planned_access=route.target,
        access=tuple(name for name, _ in tally.access.most_common()),
    )


def _compare(
    route: Route,
    tally: Tally,
    resource: str | None,
    dimension: str,
    estimated_of: int,
    *,
    may_miss: bool = False,
) -> UnitComparison:
    """Return units of one kind: of all instances, of those called as predicted, and as metered.

    `estimated_of` is how many instances, or lists, the estimate is a mean of; `may_miss` whether
    some of the calls are refused, or find nothing, as the model says.
    """
    calls = [len(range(part, tally.metered, PARTS)) for part in range(len(tally.predicted))]
    predicted = [_chosen(units, resource, dimension) for units in tally.predicted]
    metered = [
        _chosen(tally.means(part), resource, dimension) for part in range(len(tally.predicted))
    ]
    count = Decimal(max(1, tally.metered))

    def mean(figures: Sequence[Decimal]) -> Decimal:
        return sum((figure * n for figure, n in zip(figures, calls, strict=True)), ZERO) / count

    estimated = route.units(dimension, resource)
    choices = Decimal(max(1, min(tally.metered, tally.choices)))
    choice = tally.spread(resource, dimension) * (count / choices).sqrt()
    if may_miss:  # one call more or fewer is refused, or finds nothing
        choice = max(choice, estimated.mean / count)
    if choices < FEWEST_THAT_MATTER:
        # the spread of a call, better known from all instances than from a few calls
        choice = max(choice, estimated.error * (Decimal(estimated_of) / choices).sqrt())
    return UnitComparison(
        resource=resource or "",
        dimension=dimension,
        estimated=replace(estimated, error=choice),
        predicted=Measure(mean=mean(predicted)),
        metered=Measure(
            mean=mean(metered),
            error=error_of([m - p for m, p in zip(metered, predicted, strict=True)]),
        ),
    )


def _chosen(units: Units, resource: str | None, dimension: str) -> Decimal:
    return sum(
        (
            figure
            for (name, kind), figure in units.items()
            if kind == dimension and resource in (None, name)
        ),
        ZERO,
    )
