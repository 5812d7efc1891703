"""Keep what was computed for objects that are the same ones, not merely equal.

In: objects, plain values and a function. Out: what the function made for them the first time. Large
frozen values such as models are expensive to hash and to compare, and are passed around unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """Results by the identity of some objects and the value of others.

    The objects are kept with the result, so that no other object can get their identity. When it is
    full, the result that was asked for least recently is given up.

    Example:
        >>> memo: Memo[int] = Memo(2)
        >>> letters = ["a", "b"]
        >>> memo.get((letters,), ("length",), lambda: len(letters))
        2
        >>> letters.append("c")
        >>> memo.get((letters,), ("length",), lambda: len(letters))
        2
    """

    __slots__ = ("_entries", "most")

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self._entries: dict[Hashable, tuple[tuple[object, ...], T]] = {}

    def get(
        self, objects: tuple[object, ...], values: tuple[Hashable, ...], make: Callable[[], T]
    ) -> T:
        """Return what was made for these objects and values; make it the first time."""
        key = (*map(id, objects), values)
        entry = self._entries.get(key) if self.most is None else self._entries.pop(key, None)
        if entry is None:
            entry = (objects, make())
            if self.most is not None and len(self._entries) >= self.most:
                self._entries.pop(next(iter(self._entries)))
        elif self.most is None:
            return entry[1]
        self._entries[key] = entry
        return entry[1]

    def __iter__(self) -> Iterator[T]:
        return (result for _, result in self._entries.values())
