"""Which access pattern a request belongs to, so that the running bill can be split by it.

A label comes from a context manager in process, from the header `x-tablewright-label`, or from the
user agent: `label/NAME` anywhere in it, or the `app/NAME` every AWS SDK writes for its application
id (`AWS_SDK_UA_APP_ID`). It does not know what is done with the label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "x-tablewright-label"
LONGEST = 100

_LABEL: ContextVar[str | None] = ContextVar("tablewright_label", default=None)
_IN_USER_AGENT = re.compile(r"(?:^|[\s(])(?:label|app)/([^\s/;)]+)")


@contextmanager
def labelled(name: str) -> Iterator[None]:
    """Label every request made in process within the block.

    Example:
        >>> with labelled("checkout"):
        ...     current_label()
        'checkout'
    """
    token = _LABEL.set(clean_label(name))
    try:
        yield
    finally:
        _LABEL.reset(token)


def current_label() -> str | None:
    """Return the label of the block we are in, if any."""
    return _LABEL.get()


def label_of_user_agent(user_agent: str) -> str | None:
    """Return the label written into a user agent, if any; `label/` wins over `app/`.

    Example:
        >>> label_of_user_agent("aws-cli/2 app/shop")
        'shop'
        >>> label_of_user_agent("Boto3/1.43 app/shop label/checkout")
        'checkout'
        >>> label_of_user_agent("Mozilla/5.0") is None
        True
    """
    if "label/" not in user_agent and "app/" not in user_agent:
        return None
    names = {match[0].strip(" (")[:3]: match[1] for match in _IN_USER_AGENT.finditer(user_agent)}
    name = names.get("lab") or names.get("app")
    return clean_label(name) if name else None


def clean_label(name: str) -> str | None:
    r"""Return a label as it is kept: printable, at most a hundred characters; None if empty.

    Example:
        >>> clean_label("  check\nout ")
        'checkout'
    """
    return "".join(c for c in name if c.isprintable()).strip()[:LONGEST] or None
