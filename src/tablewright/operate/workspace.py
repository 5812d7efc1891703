"""Where Tablewright keeps what it makes for a model file: `.tablewright/` beside it.

In: the path of a model file, a design, and which database is meant. Out: paths, and the records
kept there: how far a seeding came, what was consumed, the latest proof.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.evaluation.doors import Consumption, Target

FOLDER = ".tablewright"


class Workspace:
    """The folder of one model file."""

    def __init__(self, model_path: str | Path) -> None:
        path = Path(model_path)
        self.folder = (path if path.is_dir() else path.parent) / FOLDER

    def database(self, design: str) -> Path:
        """Return the file of the local engine for a design."""
        return self.folder / f"{design}.db"

    def position(self, design: str, target: Target) -> Path:
        """Return the file that keeps how far a seeding came."""
        return self.folder / f"{design}{_suffix(target)}.seed.json"

    def loading(self, design: str, target: Target) -> Path:
        """Return the file that keeps how far a load of own records came."""
        return self.folder / f"{design}{_suffix(target)}.load.json"

    def spent(self, design: str, target: Target) -> Path:
        """Return the file that keeps the units the verbs have consumed there."""
        return self.folder / f"{design}{_suffix(target)}.units.json"

    def units_so_far(self, design: str, target: Target) -> dict[str, dict[str, str]]:
        """Return the units consumed by table or index, as far as `seed` and `prove` know."""
        try:
            units = json.loads(self.spent(design, target).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return units if isinstance(units, dict) else {}

    def hours(self, design: str, target: Target) -> Path:
        """Return the file that keeps the same units by the hour."""
        return self.folder / f"{design}{_suffix(target)}.hours.json"

    def units_by_hour(self, design: str, target: Target) -> dict[str, dict[str, dict[str, str]]]:
        """Return units by hour, such as "2026-11-30T16:00:00+00:00", then by table or index."""
        try:
            hours = json.loads(self.hours(design, target).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return hours if isinstance(hours, dict) else {}

    def add_units(
        self,
        design: str,
        target: Target,
        consumed: Iterable[Consumption],
        now: datetime.datetime | None = None,
    ) -> None:
        """Add what was consumed to what is kept: in all, and for the hour it is."""
        moment = now or datetime.datetime.now(datetime.UTC)
        hour = moment.replace(minute=0, second=0, microsecond=0).isoformat()
        units, hours = self.units_so_far(design, target), self.units_by_hour(design, target)
        for use in consumed:
            for kept in (units, hours.setdefault(hour, {})):
                arm = kept.setdefault(use.resource, {"read": "0", "write": "0"})
                arm[use.dimension] = str(Decimal(arm.get(use.dimension, "0")) + use.units)
        self.write_json(self.spent(design, target), units)
        self.write_json(self.hours(design, target), hours)

    def proof(self, design: str) -> Path:
        """Return the file of a design's latest proof."""
        return self.folder / "proofs" / f"{design}.json"

    def load(self, design: str) -> Path:
        """Return the file of a design's latest load run."""
        return self.folder / "loads" / f"{design}.json"

    def backups(self, design: str) -> Path:
        """Return the folder of a design's backups: a record of each, and files of exports."""
        return self.folder / "backups" / design

    def drill(self, design: str) -> Path:
        """Return the file of the latest drill that restored a design's backup."""
        return self.folder / "drills" / f"{design}.json"

    def write_json(self, path: Path, value: Any) -> None:
        """Write a record as a whole, or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(value, indent=2, default=str), encoding="utf-8")
        new.replace(path)


def _suffix(target: Target) -> str:
    if target.is_local and not target.data:
        return ""
    name = _address(target.endpoint) or target.profile or target.data or target.region or "aws"
    return "." + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def _address(endpoint: str) -> str:
    """Return an address without the user and password in it: it becomes part of a file's name.

    Example:
        >>> _address("postgresql://ana:secret@db.example.org/shop")
        'postgresql://db.example.org/shop'
    """
    return re.sub(r"//[^/@]*@", "//", endpoint)
