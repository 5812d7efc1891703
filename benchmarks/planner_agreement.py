"""Where a server finds the rows of each access pattern, beside where the estimate says.

    python benchmarks/planner_agreement.py [--engine mongodb] APP[:DESIGN]=USERS…

Fills a temporary embedded server with the planned design of an application (or a stated one; of
PostgreSQL unless an engine is named), runs each pattern some times, and prints what EXPLAIN says of
the first calls where it differs from the route of the estimate, with all the places that were used;
then how many reads took the rows and pages that were estimated, to a fifth, and those that took
others.
"""

from __future__ import annotations

import argparse
import time

from tablewright import apps, read_model
from tablewright.evaluation.values import PAGE
from tablewright.proof.values import PatternProof
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest, proof_on_new

CALLS = 20


def main() -> None:
    """Run the applications that are named and print what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engine", choices=["postgresql", "mongodb"], default="postgresql")
    parser.add_argument("populations", nargs="+", metavar="APP[:DESIGN]=USERS")
    options = parser.parse_args()
    for argument in options.populations:
        name, _, users = argument.partition("=")
        app, _, stated = name.partition(":")
        session = Session(read_model(apps.read(app), f"{app}.yaml"), Options())
        engine = session.engines[options.engine]
        design = session.design(stated) if stated else engine.usual_design(session.model)
        started = time.monotonic()
        request = ProofRequest(users=int(users), requests=CALLS)
        proof = proof_on_new(session, design, request)
        seconds = time.monotonic() - started
        known = [p for p in proof.patterns if p.access and not p.cannot]
        same = [p for p in known if p.access[0] == p.planned_access]
        print(
            f"{app} {design.name} {proof.users:,} users: {len(same)} of {len(known)} as "
            f"predicted, right: {proof.is_right}, {seconds:.0f} s",
            flush=True,
        )
        for pattern in known:
            if pattern.access != (pattern.planned_access,):
                print(
                    f"  {pattern.pattern}: predicted {pattern.planned_access}, "
                    f"used {', '.join(pattern.access)}",
                    flush=True,
                )
        for dimension in ("read", PAGE):
            _print_amounts([p for p in known if p.writes.predicted.mean == 0], dimension)
        for pattern in proof.patterns:
            for text in (*pattern.wrong, *pattern.failures):
                print(f"  {pattern.pattern}: {text}", flush=True)


def _print_amounts(reads: list[PatternProof], dimension: str) -> None:
    """Print how many reads took what was estimated of one kind, and which took something else."""
    apart = []
    for pattern in reads:
        sums = [
            sum(float(side(c).mean) for c in pattern.resources if c.dimension == dimension)
            for side in (lambda c: c.predicted, lambda c: c.metered)
        ]
        if abs(sums[1] - sums[0]) > 0.2 * sums[0]:
            apart.append(f"{pattern.pattern} {sums[0]:.2f} estimated, {sums[1]:.2f} taken")
    what = "rows and entries" if dimension == "read" else "pages"
    print(f"  {what}: {len(reads) - len(apart)} of {len(reads)} reads to a fifth", flush=True)
    for line in apart:
        print(f"    {line}", flush=True)


if __name__ == "__main__":
    main()
