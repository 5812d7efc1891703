"""`calibrate`: measure the constants that servers of an engine are sized with.

In: a session, an engine, a target. Out: a CalibrationView; the calibration is written beside the
model file, where `cost` and `compare` use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.calibration import Calibration, Constant, calibration_text
from tablewright.evaluation.doors import Target
from tablewright.operate.files import write_text
from tablewright.session import Session, calibrations_of
from tablewright.verbs.database import Announce, Say, silent


@frozen
class CalibratedConstant:
    """A constant before and after it was measured."""

    name: str
    what: str
    unit: str
    before: Decimal
    """What servers were sized with until now."""
    value: Decimal
    light: Decimal
    heavy: Decimal
    how: str


@frozen
class RemainingConstant:
    """A constant that was not measured."""

    name: str
    value: Decimal
    unit: str
    label: str
    """source, measured or assumed."""
    source: str
    why: str
    """Why it was not measured, where an attempt was made."""


@frozen
class CalibrationView:
    """What was measured, and what was not."""

    app: str
    engine: str
    version: str
    machine: str
    date: str
    constants: tuple[CalibratedConstant, ...]
    remaining: tuple[RemainingConstant, ...]
    path: str
    """The file that was written."""


def calibrate(
    session: Session,
    engine: str,
    target: Target,
    *,
    calls: int = 1000,
    rounds: int = 3,
    announce: Announce = silent,
    say: Say = silent,
) -> CalibrationView:
    """Run the micro-workloads of an engine on a server and keep what they took.

    Args:
        session: the model file; its long sampled values are compressed.
        engine: the name of the engine.
        target: which server; a temporary one of this machine by default.
        calls: of each statement in a round.
        rounds: of which the median is taken.
        announce: receives whose server it is, before anything is sent.
        say: receives what is being measured.

    Raises:
        UsageError: there is no such engine, or the address is not one of its servers.
        UnsupportedError: nothing can be measured on it; the message says why.
        EngineError: the server refused or went away.
    """
    if engine not in session.engines:
        raise UsageError(
            f"there is no engine `{engine}`", remedy=f"engines: {', '.join(session.engines)}"
        )
    plugin = session.engines[engine]
    before = {constant.name: constant for constant in plugin.sizing_constants}
    calibration = plugin.connector.calibrate(
        [session.model], target, calls=calls, rounds=rounds, announce=announce, say=say
    )
    plugin.use_calibration(calibration)  # refuses what it does not know
    path = calibrations_of(session.file.path) / f"{engine}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, calibration_text(calibration))
    return _view(session, calibration, before, path)


def _view(
    session: Session, calibration: Calibration, before: Mapping[str, Constant], path: Path
) -> CalibrationView:
    measured = {constant.name for constant in calibration.constants}
    reasons = dict(calibration.not_measured)
    return CalibrationView(
        app=session.model.app,
        engine=calibration.engine,
        version=calibration.version,
        machine=calibration.machine,
        date=calibration.date,
        constants=tuple(
            CalibratedConstant(
                name=constant.name,
                what=before[constant.name].what,
                unit=before[constant.name].unit,
                before=before[constant.name].value,
                value=constant.value,
                light=constant.light,
                heavy=constant.heavy,
                how=constant.how,
            )
            for constant in calibration.constants
        ),
        remaining=tuple(
            RemainingConstant(
                name=constant.name,
                value=constant.value,
                unit=constant.unit,
                label=constant.label,
                source=constant.source,
                why=reasons.get(constant.name, ""),
            )
            for constant in before.values()
            if constant.name not in measured
        ),
        path=str(path),
    )
