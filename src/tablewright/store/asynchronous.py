"""The same store for asynchronous programs: each call runs in a thread of a small pool.

In: a `Store`. Out: its calls as coroutines. The drivers below block; threads of their own keep the
event loop free, and no more calls run at once than the store has connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tablewright.store.store import CONNECTIONS, Store


class AsyncStore:
    """The access patterns of a store as coroutines: `await store.incrementUsage(userId=…)`.

    Attributes:
        store: the store below, with its bill and types.
    """

    def __init__(self, store: Store, *, workers: int = CONNECTIONS) -> None:
        self.store = store
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tablewright-store")

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a pattern; see `Store.call`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(self.store.call, name, arguments))

    async def look(self) -> None:
        """Ask the database what there is, which it can only answer while it is there.

        Raises:
            EngineError: it does not answer.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, self.store.look)

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        getattr(self.store, name)  # refuses what is no pattern

        async def function(**arguments: Any) -> Any:
            return await self.call(name, arguments)

        function.__name__ = name
        return function

    async def __aenter__(self) -> AsyncStore:
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Wait for what runs, and close the store."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._pool.shutdown)
        await loop.run_in_executor(None, self.store.close)
