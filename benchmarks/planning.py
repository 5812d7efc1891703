"""How the planner grows at 50 to 500 access patterns: seconds, processor time, memory and gap.

Run it alone: `python benchmarks/planning.py [patterns ...]`; each size is planned in a process of
its own, so that the peak memory is that size's. One entity for every five patterns. Last come fifty
families, parents and the small children they may hold.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

SIZES = (50, 100, 200, 500)
COLUMNS = (
    *("entities", "patterns", "placements", "placements_left", "indexes", "indexes_left"),
    *("seconds", "processor", "peak_mb", "gap", "usd"),
)


FAMILIES = 50


def measure(patterns: int) -> dict[str, float]:
    from plan_models import families_text, model_text, planning_of
    from tablewright import read_model
    from tablewright.plan.search import search
    from tablewright.plan.settings import Settings

    text = families_text(1, FAMILIES)
    if patterns:
        text = model_text(7, entities=patterns // 5, patterns=patterns)
    model = read_model(text, "made.yaml").model
    begin, worked = time.perf_counter(), time.process_time()
    plan = search(model, planning_of(model), Settings.of(model, model.scales[0]))
    seconds, worked = time.perf_counter() - begin, time.process_time() - worked
    return {
        "entities": len(model.entities),
        "patterns": len(model.patterns),
        "placements": plan.pruned.placements,
        "placements_left": plan.pruned.placements_left,
        "indexes": plan.pruned.indexes,
        "indexes_left": plan.pruned.indexes_left,
        "seconds": round(seconds, 2),
        "processor": round(worked, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "gap": float(plan.solution.gap),
        "usd": round(float(plan.solution.usd), 2),
    }


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--one"]:
        print(json.dumps(measure(int(arguments[1]))))
        return
    print("  ".join(f"{name:>15}" for name in COLUMNS))
    for size in [int(a) for a in arguments] or [*SIZES, 0]:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(size)],
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(done.stdout)
        print("  ".join(f"{found[name]:>15}" for name in COLUMNS), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
