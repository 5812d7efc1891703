"""Compute the figures that an application's claims state, and compare them.

In: the board, results, the rules of `checks.yaml`. Out: checks with their verdicts. A figure that
cannot be computed is not assessed, and its reason is the note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.rates import Rates
from tablewright.compare.board import Board
from tablewright.compare.needs import need_checks
from tablewright.compare.ownership import ownership_at, terms_of
from tablewright.compare.reader import CheckRule
from tablewright.compare.scoring import scores_of, weights_of
from tablewright.compare.values import ArchitectureResult, Check, OfferingResult
from tablewright.core.errors import DataError, PriceUnknownError
from tablewright.core.expressions import evaluate
from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO

NOT_STATED = "not stated"
"""The verdict on a figure that a claim needs and does not state."""


def with_verdicts(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return checks with the verdict on their whole claims: all that decides one must hold."""
    out = []
    for check in checks:
        deciding = [c.verdict for c in checks if c.claim == check.claim and c.decides]
        total = check.said
        if deciding:
            failed = "does not hold" in deciding
            open_ = "not assessed" in deciding
            total = "does not hold" if failed else "unclear" if open_ else "holds"
        out.append(replace(check, whole=total))
    return tuple(out)


def checked(
    board: Board,
    rule: CheckRule,
    results: Sequence[ArchitectureResult],
    offerings: Sequence[OfferingResult],
) -> Check:
    """Return a figure of a claim beside the computed one."""
    functions = _Functions(board=board, results=results, offerings=offerings)
    note, computed = rule.note, None
    try:
        names = board.figures(rule.users or board.users)
        computed = evaluate(rule.compute, names, functions.by_name)
    except (PriceUnknownError, DataError) as problem:
        note = f"not computed: {problem.message}"
    return Check(
        claim=rule.claim,
        what=rule.what,
        low=rule.low,
        high=rule.high,
        computed=computed,
        verdict=_verdict(rule, computed),
        how=rule.compute,
        note=note,
        decides=rule.decides and rule.low is not None,
        said=next((c.verdict for c in board.model.claims if c.id == rule.claim), ""),
    )


def _verdict(rule: CheckRule, computed: Decimal | None) -> str:
    if computed is None:
        return "not assessed"
    if rule.low is None:
        return NOT_STATED
    is_above = rule.low * (1 - rule.within) <= computed
    is_below = rule.high is None or computed <= rule.high * (1 + rule.within)
    return "holds" if is_above and is_below else "does not hold"


@frozen(slots=False)
class _Functions:
    """What an expression of `checks.yaml` may call."""

    board: Board
    results: Sequence[ArchitectureResult]
    offerings: Sequence[OfferingResult]

    @property
    def by_name(self) -> dict[str, Callable[..., Decimal]]:
        """The functions by the names that expressions use."""
        return {
            "room": self.room,
            "rating": self.rating,
            "price": self.price,
            "fact": self.fact,
            "cost": self.cost,
            "best": self.best,
            "stated": self.stated,
            "hours": self.hours,
            "missed": self.missed,
            "reach": self.reach,
        }

    def price(self, key: str, region: str = "", day: str = "") -> Decimal:
        """Return USD for one unit of a price, on a day if one is given."""
        price = self.board.book.price(key, region or self.board.region, day or None)
        return price.usd / price.per

    def fact(self, key: str) -> Decimal:
        """Return a figure of the price book that is no price."""
        return self.board.book.quantity(key)

    def cost(self, name: str, users: Decimal) -> Decimal:
        """Return USD a month of an architecture."""
        return self.board.total(self._result(name).architecture, int(users))

    def best(self, engine: str, users: Decimal) -> Decimal:
        """Return USD a month of the best design of an engine."""
        ranked = self.board.ranked(engine, int(users))
        if not ranked:
            raise DataError(f"no design for {engine} is evaluated at {users} users")
        usd = self.board.usd(ranked[0])
        if usd is None:
            raise DataError(f"no offer holds {engine} at {users} users")
        return usd

    def stated(
        self,
        reads: Decimal,
        writes: Decimal,
        gb: Decimal,
        rcu: Decimal = ZERO,
        wcu: Decimal = ZERO,
        day: str = "",
    ) -> Decimal:
        """Return USD a month of stated volumes on DynamoDB, each request taken to be one unit.

        Args:
            reads: requests a month that are paid for each; `writes` alike.
            writes: see `reads`.
            gb: what is stored.
            rcu: read units provisioned around the clock; `wcu` write units.
            wcu: see `rcu`.
            day: the day whose prices hold, YYYY-MM-DD; today's without one.
        """
        book = replace(self.board.book, as_of=day) if day else self.board.book
        rates = Rates(book, self.board.region)
        by_hour = rcu * rates.usd("read_hour") + wcu * rates.usd("write_hour")
        return (
            rates.of_units(reads, writes) + by_hour * HOURS_PER_MONTH + gb * rates.usd("stored_gb")
        )

    def room(self, offer: str, engine: str, users: Decimal) -> Decimal:
        """Return how many times the load an offer holds, by the resource that is used most."""
        for evaluation in self.board.ranked(engine, int(users)):
            times = self.board.comparing[engine].room(evaluation, offer)
            if times is not None:
                return times
        raise DataError(f"nothing is known of {offer} at {users} users")

    def hours(self, name: str) -> Decimal:
        """Return the hours of setting up an architecture, and of rewriting what exists for it."""
        architecture = self._result(name).architecture
        terms = terms_of(self.board.model)
        return ownership_at(self.board, architecture, self.board.users, terms, ()).setup_hours

    def missed(self, name: str, users: Decimal, *needs: str) -> Decimal:
        """Return how many of some needs an architecture does not have: those of the model by name.

        Raises:
            DataError: the model does not state one of them.
        """
        architecture = self._result(name).architecture
        known = need_checks(self.board, architecture, int(users), self.offerings)
        by_name = {check.need: check for check in known}
        unknown = next((need for need in needs if need not in by_name), "")
        if unknown:
            raise DataError(f"the model states no need `{unknown}`")
        return Decimal(sum(not by_name[need].is_met for need in needs))

    def reach(self, name: str) -> Decimal:
        """Return the users at which an architecture meets its first limit; 0 if it meets none."""
        return Decimal(min((reach.users for reach in self._result(name).reaches), default=0))

    def rating(self, name: str, users: Decimal) -> Decimal:
        """Return the score of an architecture, ruled out or not, among all that are priced."""
        scale = int(users)
        result = self._result(name)
        priced = [entry for entry in self.results if entry.at(scale).is_priced]
        if result not in priced:
            raise DataError(f"`{name}` is not priced at {scale:,} users")
        least = min(entry.at(scale).total for entry in priced)
        weights = weights_of(self.board.model)
        scores = scores_of(result, scale, least, self.offerings)
        total = sum((scores[key] * weight for key, weight in weights.items()), ZERO)
        return total / sum(weights.values())

    def _result(self, name: str) -> ArchitectureResult:
        for result in self.results:
            if result.architecture.name == name:
                return result
        raise DataError(f"there is no architecture `{name}`")
