"""Keep C libraries from writing into this process's output.

In: a file descriptor, normally 1. Out: a context in which whatever is written to it is discarded.
A compiled library prints past `sys.stdout`, so only the descriptor itself can be silenced. Nothing
here knows which library that is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

STANDARD_OUTPUT = 1

# Two threads that redirect the same descriptor at once would restore each other's null device.
_LOCK = threading.Lock()


@contextlib.contextmanager
def silenced(descriptor: int = STANDARD_OUTPUT) -> Iterator[None]:
    """Discard everything written to a file descriptor, and restore the descriptor in all cases.

    What Python and C had buffered before is written first, so it is not lost; what C buffers in
    between is flushed into the null device, so it does not appear afterwards. Output of other
    threads is discarded too, so the context should last no longer than the call that prints. A
    descriptor that is closed has nothing to silence.

    Args:
        descriptor: the number of the file descriptor.
    """
    with _LOCK:
        try:
            saved = os.dup(descriptor)
        except OSError:
            yield
            return
        try:
            _flush()
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(null, descriptor)
            finally:
                os.close(null)
            try:
                yield
            finally:
                _flush()
                os.dup2(saved, descriptor)
        finally:
            os.close(saved)


def _flush() -> None:
    """Write out what Python and the C library have buffered."""
    for stream in (sys.stdout, sys.stderr):
        # A stream may be absent (pythonw), closed or replaced by one without a file.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.flush()
    if os.name == "posix":
        import ctypes

        ctypes.CDLL(None).fflush(None)
