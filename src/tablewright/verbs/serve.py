"""`serve`: the access patterns of a model as an HTTP data API, until it is told to end.

In: a session, a design, a database, an address. Out: a running server. Keys and limits come from
the environment; without them it serves this machine only.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tablewright import apps
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.session import Options, Session, open_model, read_model
from tablewright.store.opening import MEMORY, fill_store, open_store
from tablewright.store.store import Store

INSTALL = "pip install 'tablewright[serve]'"
APP_USERS = 10
PORT = 8080
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@frozen
class ServeView:
    """A data API that listens."""

    app: str
    design: str
    url: str
    database: str
    """Which database it works on."""
    patterns: tuple[str, ...]
    """The access patterns that have a route."""
    not_served: tuple[str, ...]
    """Those the design does not serve, each with the reason."""
    is_protected: bool
    """Whether callers need a key or a token."""
    records: int = 0
    """How many sampled records were written first."""
    routes: tuple[str, ...] = ()
    """Method and path of each route, of a service; a data API has one for each pattern."""
    trial: tuple[str, ...] = ()
    """Settings of a service that it was given to be tried out, each `NAME=value`."""
    account: str = ""
    """What one of the sampled users signs in with, where nobody can register."""


def app_session(name: str) -> Session:
    """Return a session on one of the reference applications.

    Raises:
        UsageError: there is no application of that name.
    """
    return Session(file=read_model(apps.read(name), f"{name}.yaml"), options=Options())


def model_session(path: str) -> tuple[Session, bool]:
    """Return a session on a model file or an application, and whether it is an application.

    Raises:
        UsageError: there is none.
    """
    if apps.is_meant_by(path):
        return app_session(path), True
    return open_model(path), False


def serve(
    session: Session,
    *,
    design: str = "",
    target: str = "local",
    host: str = "127.0.0.1",
    port: int = PORT,
    seed_users: int = 0,
    create: bool = False,
    started: Callable[[ServeView], None],
) -> None:
    """Serve until the process is interrupted or terminated.

    Args:
        session: the model.
        design: its name, see `open_store`.
        target: the database, see `open_store`.
        host: the address to listen on.
        port: the port; 0 for a free one.
        seed_users: fill an empty database with the sampled records of so many users first.
        create: create missing tables on a server.
        started: is told once it listens.

    Raises:
        UnsupportedError: the packages of the extra `serve` are not installed.
        UsageError: the port is taken, or others than this machine could call without a key.
        EngineError: the database cannot be reached.
    """
    _uvicorn()
    from tablewright.serve.application import create_app
    from tablewright.serve.settings import require_protection, settings_of

    settings = settings_of(os.environ)
    if host not in LOOPBACK:
        require_protection(settings)
    with open_store(session, design=design, target=target, create=create) as store:
        records = fill_if_empty(store, session, seed_users)

        def listening(url: str) -> None:
            started(
                ServeView(
                    app=session.model.app,
                    design=store.design.name,
                    url=url,
                    database=store.description,
                    patterns=store.patterns,
                    not_served=tuple(
                        f"{pattern.name}: {refusal}"
                        for pattern in session.model.patterns
                        if (refusal := store.refusal(pattern.name))
                    ),
                    is_protected=settings.is_protected,
                    records=records,
                )
            )

        listen_and_serve(create_app(store, settings, closes=False), host, port, listening)


def listen_and_serve(app: Any, host: str, port: int, listening: Callable[[str], None]) -> None:
    """Serve an ASGI application until interrupted; `listening` is told the address.

    An application with streams that never end by themselves has `state.ending`, a function that
    ends them: answers that are being written are waited for.

    Raises:
        UnsupportedError: the packages of the extra `serve` are not installed.
        UsageError: the port is taken.
    """
    uvicorn = _uvicorn()
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="on"
    )
    with _listening(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        listening(f"http://{shown}:{listener.getsockname()[1]}")
        server = uvicorn.Server(config)
        ending = getattr(getattr(app, "state", None), "ending", None)
        if ending is not None:
            _call_before_shutdown(server, ending)
        _run(server, listener)


def _call_before_shutdown(server: Any, ending: Callable[[], None]) -> None:
    shut_down = server.shutdown

    async def shutdown(sockets: Any = None) -> None:
        ending()
        await shut_down(sockets=sockets)

    server.shutdown = shutdown


def _run(server: Any, listener: socket.socket) -> None:
    """Run until SIGINT or SIGTERM, which the server raises again once its requests are answered."""

    def end(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def _uvicorn() -> Any:
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError as problem:
        raise UnsupportedError(
            f"serving needs the package {problem.name}", remedy=f"install it: {INSTALL}"
        ) from problem
    return uvicorn


def fill_if_empty(store: Store, session: Session, users: int) -> int:
    """Fill an empty database with the records of so many users; return how many were written.

    Raises:
        UsageError: it is not empty.
    """
    if not users:
        return 0
    filled = [n for n, seen in store.adapter.describe().items() if seen.records]
    if filled:
        raise UsageError(
            f"{', '.join(filled)} of {store.description} is not empty: nothing is written",
            remedy="leave --seed out, or take another database",
        )
    return fill_store(store, session, users)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        raise UsageError(
            f"cannot listen on {host}:{port}: {problem.strerror or problem}",
            remedy="choose another --port; 0 takes a free one",
        ) from problem


__all__ = [
    "MEMORY",
    "PORT",
    "ServeView",
    "app_session",
    "fill_if_empty",
    "listen_and_serve",
    "model_session",
    "serve",
]
