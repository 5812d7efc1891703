"""Put everything side by side: engines, offerings, architectures, a choice and what would flip it.

In: a board, with a model, evaluations of its designs at its scales, the price book and what each
engine brings. Out: a `Comparison`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.compare.answer import answer_of
from tablewright.compare.beside import completed
from tablewright.compare.board import Board, architectures_for
from tablewright.compare.claim_checks import checked, with_verdicts
from tablewright.compare.decision import Candidates, decide
from tablewright.compare.fit import fits_of, mean_fits
from tablewright.compare.growth import flips_of, phases_of, weighed_at
from tablewright.compare.own import check_own
from tablewright.compare.ownership import terms_of
from tablewright.compare.reader import checks, offerings
from tablewright.compare.requirements import requirement_results
from tablewright.compare.result import Comparison
from tablewright.compare.scoring import result_of, scored, weights_of
from tablewright.compare.sensitivity import assumptions_of, by_peak, given_up
from tablewright.compare.stated_path import stated_path
from tablewright.compare.values import Architecture
from tablewright.compare.variants import variants_of
from tablewright.compare.weak import weak_prices
from tablewright.core.errors import UsageError
from tablewright.model.values import NeedLevel


def compare(
    board: Board,
    *,
    own: tuple[Architecture, ...] = (),
    left_out: tuple[str, ...] = (),
    latencies: Sequence[tuple[str, str]] = (),
) -> Comparison:
    """Return engines, offerings and architectures of a model side by side.

    Args:
        board: every design at every scale; at least two scales give crossovers.
        own: architectures of the user's beside the packaged ones.
        left_out: designs that could not be evaluated, in words.
        latencies: of each engine that was proved, its name and its latency in words.

    Raises:
        UsageError: weights or figures of the model file that nothing knows.
    """
    return _compared(candidates_on(board, own), left_out, tuple(latencies))


def candidates_on(board: Board, own: tuple[Architecture, ...] = ()) -> Candidates:
    """Return the options there are to decide between, priced and scored on a board.

    Raises:
        UsageError: weights or figures of the model file that nothing knows.
    """
    stored = requirement_results(board.model, offerings())
    chosen = [result_of(board, entry, stored) for entry in _options(board, own)]
    return Candidates(
        board=board,
        results=tuple(scored(chosen, board, stored, weights_of(board.model))),
        offerings=stored,
        terms=terms_of(board.model),
    )


def _compared(
    candidates: Candidates, left_out: tuple[str, ...], latencies: tuple[tuple[str, str], ...]
) -> Comparison:
    """Return everything that is found of the candidates."""
    board, results, stored = candidates.board, candidates.results, candidates.offerings
    model, users = board.model, board.users
    decisions = tuple(decide(candidates, scale) for scale in board.scales)
    decision = next(d for d in decisions if d.users == users)
    phases = phases_of(candidates, weighed_at(board.scales, results))
    assumptions = assumptions_of(candidates)
    without = given_up(candidates, users)
    fits = fits_of(board)
    weak = weak_prices(board, results)
    return Comparison(
        app=model.app,
        title=model.title or model.app,
        region=board.region,
        users=users,
        scales=board.scales,
        workload=tuple(board.stated()),
        engines=board.engine_costs(),
        offerings=stored,
        architectures=results,
        weights=tuple(weights_of(model).items()),
        budgets=tuple(sorted(model.targets.monthly_cost)),
        budget_of=model.targets.monthly_cost_of,
        decisions=decisions,
        needs=tuple((r.architecture.name, candidates.needs(r, users)) for r in results),
        not_needed=tuple((n.name, n.why) for n in model.needs if n.level is NeedLevel.NO),
        phases=phases,
        sensitivity=assumptions,
        fits=fits,
        mean_fits=mean_fits(board, fits),
        latencies=latencies,
        given_up=without,
        weak=weak,
        variants=variants_of(board, results),
        flips=flips_of(board, results, decision.chosen),
        stated=stated_path(candidates),
        by_peak=by_peak(candidates, users),
        tiers=board.tiers(),
        checks=with_verdicts([checked(board, rule, results, stored) for rule in checks(model.app)]),
        advice=answer_of(candidates, decision, phases, assumptions, without, weak),
        left_out=left_out,
        assumptions=tuple(why for _, _, why in board.stated() if why.startswith("assumed")),
    )


def _options(board: Board, own: tuple[Architecture, ...]) -> tuple[Architecture, ...]:
    """Return the packaged architectures of an application and the user's own.

    Raises:
        UsageError: one of the user's names what nothing knows, or has the name of another.
    """
    check_own(
        own,
        board.book,
        engines=set(board.engines),
        offerings={offering.name for offering in offerings()},
        offers={name for engine in board.engines for name in board.offers(engine)},
    )
    chosen = (*architectures_for(board.model.app), *own)
    names = [entry.name for entry in chosen]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise UsageError(
            f"there are two deployment options called `{twice}`",
            remedy="give yours under `architectures` another name",
        )
    return tuple(completed(board, option) for option in chosen)
