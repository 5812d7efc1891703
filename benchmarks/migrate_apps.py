"""The migrations of the five reference applications: how many instances, how fast, all equal.

    python benchmarks/migrate_apps.py [--users 100] [--json FILE] [part of a name ...]

Each source is filled with sampled instances, moved, and compared instance by instance. What a
migration cannot carry over is answered as `CHOICES` says, and shown. Servers are the embedded ones.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tablewright.design.migrations import Answer, MoveDecision
from tablewright.design.values import Design
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Adapter
from tablewright.migrate.transform import Transform
from tablewright.migrate.verification import Verification
from tablewright.operate.migration import DryRun, Migration
from tablewright.operate.seed import Position, apply_seed, plan_seed
from tablewright.operate.staging import Staging
from tablewright.sample.sample import Sample
from tablewright.session import Session, open_model

APPS = Path(__file__).parent.parent / "src" / "tablewright" / "apps"


@dataclass(frozen=True)
class Taken:
    """Seconds that a move took: on the clock, and of this process' processor time.

    Embedded servers of MongoDB and PostgreSQL are other processes: theirs is not in it.
    """

    seconds: float
    processor_seconds: float


@dataclass(frozen=True)
class Route:
    """A way through the designs of an application."""

    app: str
    designs: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.app}: {' to '.join(self.designs)}"


ROUTES = (
    Route("llm-proxy", ("before", "recommended")),
    Route("screen-time-journey", ("current", "recommended")),
    Route("mongocollectibles", ("recommended", "usual postgresql", "recommended")),
    Route("poafix", ("current", "recommended")),
    Route("poafix", ("current", "dynamodb")),
    Route("auxeira", ("current", "recommended")),
)
CHOICES: dict[tuple[str, str], tuple[Answer, ...]] = {}
"""Answers by application and target design."""


def accepted(place: str, attribute: str, kind: str, action: MoveDecision) -> Answer:
    """Return an answer of one attribute."""
    return Answer(place=place, attribute=attribute, kind=kind, action=action)


def design_of(session: Session, name: str) -> Design:
    """Return a design of the file, or "usual ENGINE": the one that stores the model plainly."""
    if not name.startswith("usual "):
        return session.design(name)
    design = make_engine(name.removeprefix("usual ")).usual_design(session.model)
    if design is None:
        raise SystemExit(f"there is no {name}")
    return design


def opened(session: Session, design: Design) -> Adapter:
    """Return an empty database with the tables of a design."""
    connector = session.engine_of(design).connector
    adapter = connector.temporary(session.model, design, Decimal(0))
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter


def seeded(session: Session, adapter: Adapter, design: Design, users: int) -> int:
    """Fill a database; return how many records that took."""
    sample = Sample(session.model)
    connector = session.engine_of(design).connector
    evaluation = session.evaluate(design, users)
    plan = plan_seed(connector, adapter.codec, sample, evaluation, Decimal(0))
    position = Position(digest="", design=design.name, users=users, seed=1)
    return apply_seed(plan, adapter, sample, position=position)


def moved(
    session: Session,
    source: Adapter,
    target: Adapter,
    designs: tuple[Design, Design],
    folder: Path,
    answers: tuple[Answer, ...],
) -> tuple[DryRun, int, Verification | None, Taken]:
    """Move everything; return what was checked, written and compared, and what that took."""
    codecs = [
        session.engine_of(design).connector.codec(session.model, design, keeps_values=True)
        for design in designs
    ]
    transform = Transform(session.model, codecs[0], codecs[1], answers)
    work = Migration(source, target, transform, Staging(folder / "staging.db"))
    begun, processor = time.perf_counter(), time.process_time()
    check = work.check()
    written, verification = 0, None
    if check.is_clear:
        written = work.write()
        verification = work.verify()
    return (
        check,
        written,
        verification,
        Taken(time.perf_counter() - begun, time.process_time() - processor),
    )


def run(route: Route, users: int) -> dict[str, object]:
    """Run one route; return figures."""
    session = open_model(APPS / route.app / "tablewright.yaml")
    figures: dict[str, object] = {"users": users}
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        adapters: list[Adapter] = []
        for design_name in route.designs:
            adapter = opened(session, design_of(session, design_name))
            stack.callback(adapter.close)
            adapters.append(adapter)
        figures["records seeded"] = seeded(
            session, adapters[0], session.design(route.designs[0]), users
        )
        figures["largest memory after seeding, MB"] = round(memory())
        for number, target_name in enumerate(route.designs[1:], 1):
            folder = Path(name) / str(number)
            answers = CHOICES.get((route.app, target_name), ())
            check, written, verification, taken = moved(
                session,
                adapters[number - 1],
                adapters[number],
                (design_of(session, route.designs[number - 1]), design_of(session, target_name)),
                folder,
                answers,
            )
            instances = sum(count for _, count in check.instances)
            figures[target_name] = {
                "instances": instances,
                "problems": [f"{p.text}: {p.count}" for p in check.problems],
                "rejected": check.rejected,
                "records written": written,
                "seconds": round(taken.seconds, 1),
                "processor seconds": round(taken.processor_seconds, 1),
                "instances a second of processor": round(instances / taken.processor_seconds),
                "largest memory so far, MB": round(memory()),
                "equal": verification is not None and verification.is_clean,
                "left out": sorted({f"{a.place}.{a.attribute} {a.kind}" for a in answers}),
            }
            if verification is None:
                return figures
        if route.designs[0] == route.designs[-1]:
            figures["byte for byte"] = contents(adapters[0]) == contents(adapters[-1])
    return figures


def memory() -> float:
    """Return the largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def contents(adapter: Adapter) -> set[str]:
    """Return every stored record as text."""
    containers = sorted({kind.container for kind in adapter.codec.kinds})
    return {
        json.dumps([container, record], sort_keys=True, default=str)
        for container in containers
        for _, page in adapter.scan(container)
        for record in page
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--json", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    results: dict[str, object] = {}
    for route in ROUTES:
        if options.names and not any(part in route.name for part in options.names):
            continue
        results[route.name] = run(route, options.users)
        print(route.name, json.dumps(results[route.name], indent=1), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
