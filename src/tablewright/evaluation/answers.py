"""How the read patterns of a model were answered by a database that nobody sampled.

In: nothing; this is a value. Out: the same. The proof judges, a restore reports.
"""

from __future__ import annotations

from tablewright.core.frozen import frozen


@frozen
class PatternAnswers:
    """How the calls of one read pattern were answered."""

    pattern: str
    calls: int = 0
    wrong: tuple[str, ...] = ()
    """What was wrong, each once."""
    unchecked: str = ""
    """Why no call was judged; "" where some were."""
