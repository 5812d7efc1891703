"""Read the elements of large JSON files one by one, in constant memory.

In: a binary stream with an array, an object that has one (`{"Items": […]}`), or one value a line.
Out: elements. A file that is cut off ends with `CutOffError` after the last whole element.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import IO, Any

CHUNK_BYTES = 1 << 20
LARGEST_ELEMENT = 256 * 1024 * 1024
_SPACE = re.compile(r"[\s,]*")


class CutOffError(Exception):
    """The file ends in the middle, or is not JSON there; `element` counts from 1."""

    def __init__(self, element: int, byte: int, reason: str) -> None:
        super().__init__(f"element {element:,}, near byte {byte:,}: {reason}")
        self.element = element
        self.byte = byte
        self.reason = reason


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=lambda _name: None)


class _Text:
    """A sliding window over the text of a stream."""

    def __init__(self, stream: IO[bytes]) -> None:
        import codecs

        # What a packed stream has before it is cut off comes by `read1` only.
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.text = ""
        self.place = 0
        self.passed = 0
        self.is_done = False
        self.is_cut = False

    def more(self, size: int = CHUNK_BYTES) -> bool:
        """Read on; False at the end."""
        if self.is_done:
            return False
        try:
            data = self._read(size)
        except (EOFError, OSError, zlib.error):  # a gzip stream that is cut off
            data = b""
            self.is_cut = True
        self.is_done = not data
        self.text = self.text[self.place :] + self._decoder.decode(data, final=not data)
        self.passed += self.place
        self.place = 0
        return bool(data)

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Pass by what matches; return the next character, empty at the end."""
        while True:
            match = pattern.match(self.text, self.place)
            assert match is not None
            self.place = match.end()
            if self.place < len(self.text):
                return self.text[self.place]
            if not self.more():
                return ""

    def find(self, pattern: re.Pattern[str]) -> bool:
        """Move behind the next match; False where there is none."""
        while True:
            match = pattern.search(self.text, self.place)
            if match is not None:
                self.place = match.end()
                return True
            self.place = max(self.place, len(self.text) - 256)
            if not self.more():
                return False

    def check(self, passed: int) -> None:
        """Say that the stream was cut off, where it was, after so many elements.

        Raises:
            CutOffError: it was.
        """
        if self.is_cut:
            raise CutOffError(passed + 1, self.passed + self.place, "the packed file ends there")

    def value(self, element: int) -> Any:
        """Return the value that begins here.

        Raises:
            CutOffError: it does not end, or is no JSON.
        """
        step = CHUNK_BYTES
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.place)
            except (ValueError, RecursionError) as problem:
                is_large = len(self.text) - self.place > LARGEST_ELEMENT
                if is_large or not self.more(step):
                    byte = self.passed + self.place
                    reason = "the file ends there" if self.is_done else "it is too large"
                    if isinstance(problem, RecursionError):
                        reason = "it is nested too deeply"
                    raise CutOffError(element, byte, reason) from None
                step *= 2
                continue
            if end == len(self.text) and not self.is_done and type(value) in (int, Decimal):
                self.more()  # a number may go on
                continue
            self.place = end
            return value


def elements(stream: IO[bytes], key: str = "") -> Iterator[Any]:
    """Yield the elements of an array, of the array under a key, or the values line by line.

    Args:
        stream: the file.
        key: of an object the name whose array is meant; every such array, where pages follow each
            other.

    Raises:
        CutOffError: the file is cut off or damaged; what came before was yielded.
    """
    text = _Text(stream)
    text.more()
    number = 0
    if key:
        pattern = re.compile(rf'"{re.escape(key)}"\s*:\s*\[')
        while text.find(pattern):
            for value in _array(text, number):
                number += 1
                yield value
        text.check(number)
        return
    first = text.skip(_SPACE)
    if first == "[":
        text.place += 1
        yield from _array(text, 0)
        return
    while first:
        number += 1
        yield text.value(number)
        first = text.skip(_SPACE)
    text.check(number)


def _array(text: _Text, number: int) -> Iterator[Any]:
    while True:
        first = text.skip(_SPACE)
        if first == "]":
            text.place += 1
            return
        if not first:
            raise CutOffError(number + 1, text.passed + text.place, "the file ends there")
        number += 1
        yield text.value(number)
