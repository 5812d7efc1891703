"""Import text or files in tests: one function, and the design that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tablewright.session import ModelFile, read_model
from tablewright.sources.importing import Imported, make_model, read_sources
from tablewright.sources.source import ReadOptions

DATA = Path(__file__).parent / "data"


def imported(*sources: Path | str, app: str = "shop", **options: object) -> Imported:
    """Return what an import of sources comes to; the model file was read back."""
    facts = read_sources([str(s) for s in sources], ReadOptions(**options))  # type: ignore[arg-type]
    return make_model(facts, app, check=read_model, rank=lambda _text: ())


def model_of(*sources: Path | str, **options: object) -> ModelFile:
    """Return the model file made of sources, as read."""
    return read_model(imported(*sources, **options).text)


def notes_of(*sources: Path | str, **options: object) -> Sequence[str]:
    """Return what could not be recovered."""
    return imported(*sources, **options).notes
