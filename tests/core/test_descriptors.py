"""Silencing a file descriptor: what C prints is gone, what was printed before and after is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tablewright.core.descriptors import silenced

# ctypes stands for a compiled library: its `puts` buffers in C and goes past `sys.stdout`.
PRINTING = """
import ctypes, sys
from tablewright.core.descriptors import silenced
c = ctypes.CDLL(None)
sys.stdout.write("python before\\n")
c.puts(b"C before")
with silenced():
    c.puts(b"C within")
    sys.stdout.write("python within\\n")
c.puts(b"C after")
c.fflush(None)
sys.stdout.write("python after\\n")
"""


def output_of(program: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stderr == ""
    return run.stdout.splitlines()


def _fail_silently(descriptor: int) -> None:
    with silenced(descriptor):
        os.write(descriptor, b"discarded")
        raise KeyError


@pytest.mark.skipif(os.name != "posix", reason="the C library of a program is found on POSIX only")
def test_what_a_c_library_prints_within_is_lost_and_nothing_else_is():
    # On a pipe C buffers whole blocks: without a flush, "C within" would come later.
    assert output_of(PRINTING) == ["python before", "C before", "C after", "python after"]


def test_the_descriptor_is_restored_after_an_exception():
    reader, writer = os.pipe()
    try:
        with pytest.raises(KeyError):
            _fail_silently(writer)
        os.write(writer, b"seen")
        assert os.read(reader, 100) == b"seen"
    finally:
        os.close(reader)
        os.close(writer)


def test_no_descriptor_stays_open_behind():
    reader, writer = os.pipe()
    try:
        before = os.dup(writer)
        os.close(before)
        for _ in range(3):
            with silenced(writer):
                pass
        after = os.dup(writer)
        os.close(after)
        assert after == before  # the lowest free number is the same as it was
    finally:
        os.close(reader)
        os.close(writer)


def test_a_closed_descriptor_has_nothing_to_silence():
    reader, writer = os.pipe()
    os.close(writer)
    os.close(reader)
    ran = False
    with silenced(writer):
        ran = True
    assert ran
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.dup(writer)
