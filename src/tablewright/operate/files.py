"""Write a file as a whole or not at all.

In: a path and text. Out: the file, written beside its place and renamed, so that a full disk or an
interruption leaves what was there.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_text(path: Path, text: str) -> None:
    """Write text to a file, in place of what was there.

    Raises:
        OSError: it cannot be written; what was there is unchanged.
    """
    target = path.resolve()  # a link stays one: what it points to is written
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
    ) as beside:
        try:
            beside.write(text)
            beside.flush()
            os.fsync(beside.fileno())
            Path(beside.name).chmod(_mode_of(target))
            Path(beside.name).replace(target)
        except BaseException:
            Path(beside.name).unlink(missing_ok=True)
            raise


def _mode_of(path: Path) -> int:
    """Return the permissions of a file, or those a new one would have."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
