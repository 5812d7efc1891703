"""Keys whose parts run together without a separator: `USER123`, `ORD2026-01-31`, `C#1P#2`.

In: the text of a key. Out: its constant words and what follows each of them. A word alone is no
evidence: what is made of these parts is decided when all keys of a kind were seen.
"""

from __future__ import annotations

import re

FEWEST = 5
"""Keys from which it is told that they are made of a constant and what follows it."""
_VARIABLE = (
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?|\d+"
)
_LITERAL = r"[#:|~_/-]*[A-Za-z]+[#:|~_/-]*"
_PAIR = re.compile(rf"({_LITERAL})({_VARIABLE})")
_WHOLE = re.compile(rf"(?:{_LITERAL}(?:{_VARIABLE}))+")
_TOUCHING = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_NAMES = ("pk", "sk", "hash", "range", "partitionkey", "sortkey", "partition_key", "sort_key")


def is_composed_by_name(key: str) -> bool:
    """Whether a key attribute has the name of a key that is put together, such as GSI1PK.

    Example:
        >>> is_composed_by_name("GSI1PK"), is_composed_by_name("orderId")
        (True, False)
    """
    return key.lower().endswith(_NAMES)


def fused_parts(text: str) -> list[str] | None:
    """Return constants and what follows them in turn; None where a separator stands between all.

    Example:
        >>> fused_parts("USER123"), fused_parts("C#1P#2"), fused_parts("ORD2026-01-31")
        (['USER', '123'], ['C#', '1', 'P#', '2'], ['ORD', '2026-01-31'])
        >>> fused_parts("USER#123"), fused_parts("X1"), fused_parts("9b2e")
        (None, None, None)
    """
    if _TOUCHING.search(text) is None or _WHOLE.fullmatch(text) is None:
        return None
    pairs = _PAIR.findall(text)
    if "".join(literal + rest for literal, rest in pairs) != text:
        return None
    touches = False
    for place, (literal, _) in enumerate(pairs):
        is_bare = literal[-1].isalpha()
        follows = place > 0 and literal[0].isalpha()
        if is_bare and literal.isalpha() and len(literal) < 2:
            return None  # one letter before a number is part of a code
        touches = touches or is_bare or follows
    return [part for pair in pairs for part in pair] if touches else None
