"""E-mail addresses that are those of the people whose names stand beside them.

In: a generated address, which ends in a number of its own, and a person's name. Out: an address of
the same length that is made of the name and ends in the same number. So no size changes, and
addresses that differed still do. It does not know instances.
"""

from __future__ import annotations

import re
from functools import cache

_NUMBERED = re.compile(r"([a-z._]+)([0-9]+)(@.*)")
_FILLERS = ("", ".", ".m", ".me", ".box", ".mail", ".inbox", ".office", ".private", ".personal")
"""What stands between name and number, by its length. No digits: the number tells apart."""


def of_person(name: str | None, address: str) -> str:
    """Return an address as long and as different from all others as a given one, for a person.

    One without a name beside it, or too short for a name and a number, stays as it is.

    Example:
        >>> of_person("Ada King", "marytucker37@example.com")
        'ada.king.m37@example.com'
        >>> of_person("Ada King", "zoe4@example.com"), of_person(None, "zoe.li.4@example.com")
        ('ada4@example.com', 'zoe.li.4@example.com')
    """
    parts = _NUMBERED.fullmatch(address)
    if not name or parts is None:
        return address
    stem, number, domain = parts.groups()
    return f"{_fitted(name, len(stem))}{number}{domain}"


@cache
def _fitted(name: str, length: int) -> str:
    """Return as much of a name as goes into so many letters, all of them filled."""
    words = [re.sub("[^a-z]", "", word) for word in name.lower().split()]
    words = [word for word in words if word] or ["someone"]
    first, last = words[0], words[-1]
    forms = [".".join(words), f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", first]
    form = next((form for form in forms if len(form) <= length), first[:length])
    room = length - len(form)
    filler = _FILLERS[min(room, len(_FILLERS) - 1)]
    return form + filler + filler[-1:] * (room - len(filler))
