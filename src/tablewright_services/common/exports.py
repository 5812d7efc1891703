"""What a service keeps of somebody, given out to them: every page of a list, without secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

MOST_PAGES = 1_000
"""Of a list that one answer holds; what is longer is asked for page by page."""


async def every_page(list_pattern: Callable[..., Awaitable[Any]], **arguments: Any) -> list[Any]:
    """Return the instances of all pages of a list."""
    instances: list[Any] = []
    token: str | None = None
    for _ in range(MOST_PAGES):
        page = await list_pattern(**arguments, page=token)
        instances += page
        token = page.next
        if not token:
            break
    return instances


def without(instance: Any, secrets: Collection[str]) -> dict[str, Any] | None:
    """Return the attributes of an instance but for some; None of none."""
    if instance is None:
        return None
    return {name: value for name, value in instance.as_dict().items() if name not in secrets}


__all__ = ["every_page", "without"]
