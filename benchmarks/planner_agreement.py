"""Where PostgreSQL finds the rows of each access pattern, beside where the estimate says.

    python benchmarks/planner_agreement.py APP[:DESIGN]=USERS…

Fills a temporary embedded server with the planned design of an application (or a stated one), runs
each pattern some times, and prints what EXPLAIN says of the first calls where it differs from the
route of the estimate, with all the places that were used.
"""

from __future__ import annotations

import sys
import time

from tablewright import apps, read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest, proof_on_new

CALLS = 20


def main() -> None:
    """Run the applications that are named and print what differs."""
    for argument in sys.argv[1:]:
        name, _, users = argument.partition("=")
        app, _, stated = name.partition(":")
        session = Session(read_model(apps.read(app), f"{app}.yaml"), Options())
        engine = session.engines["postgresql"]
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
        for pattern in proof.patterns:
            for text in (*pattern.wrong, *pattern.failures):
                print(f"  {pattern.pattern}: {text}", flush=True)


if __name__ == "__main__":
    main()
