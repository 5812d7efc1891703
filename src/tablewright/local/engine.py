"""The inside of a Database: storage, tables and settings that the operations share.

In: a path. Out: an object that operations read from and write to. It does not know requests.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tablewright.local.storage import Store

REGION = "us-east-1"
ACCOUNT = "000000000000"


class Engine:
    """What the operations of one Database share."""

    def __init__(self, path: Path | None, *, durable: bool, clock: Callable[[], float]) -> None:
        self.region = REGION
        self.account = ACCOUNT
        self.clock = clock
        self.store = Store(path, durable=durable)

    def close(self) -> None:
        """Stop background work and close the file."""
        self.store.close()
