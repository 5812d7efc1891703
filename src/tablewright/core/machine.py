"""Which machine this is, in words that go beside what was measured on it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime


def this_machine() -> str:
    """Return system, processor and number of processors, such as "Linux x86_64, 2 processors"."""
    count = os.cpu_count() or 1
    return f"{platform.system()} {platform.machine()}, {count} processor{'s' * (count > 1)}"


def today() -> str:
    """Return the date of now in UTC, as YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()
