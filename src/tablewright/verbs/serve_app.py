"""`serve --app`: one of the reference applications as a running service, on any of its databases.

In: the name of an application, a design, a database, an address. Out: a running server. The
services are a package of their own; they are looked up by name, since nothing here needs them.
"""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.sample.sample import Sample
from tablewright.session import Session
from tablewright.store.opening import MEMORY, open_store
from tablewright.verbs.serve import (
    INSTALL,
    LOOPBACK,
    ServeView,
    app_session,
    fill_if_empty,
    listen_and_serve,
)

SERVICES_PACKAGE = "tablewright_services"
LAST_PORT = 65_535


def serve_app(
    name: str,
    *,
    design: str = "",
    target: str = MEMORY,
    host: str = "127.0.0.1",
    port: int | None = None,
    seed_users: int = 0,
    create: bool = False,
    started: Callable[[ServeView], None],
) -> None:
    """Serve an application until the process is interrupted or terminated.

    Args:
        name: the application.
        design: its name, see `open_store`; unless given `recommended`, in memory what the service
            is tried out on.
        target: the database, see `open_store`.
        host: the address to listen on.
        port: the port, 0 for a free one; unless given PORT of the environment, else the
            service's own.
        seed_users: fill an empty database with the sampled records of so many users first.
        create: create missing tables on a server.
        started: is told once it listens.

    Raises:
        UnsupportedError: the packages of the extra `serve` are not installed.
        UsageError: there is no such application, the port is taken, or a secret is missing.
        EngineError: the database cannot be reached.
    """
    session = app_session(name)
    service_class = service_of(name)
    is_private = host in LOOPBACK and target == MEMORY
    environment = _environment(service_class, invents=is_private)
    chosen_design = design or (service_class.trial_design if target == MEMORY else "recommended")
    with open_store(session, design=chosen_design, target=target, create=create) as store:
        records = fill_if_empty(store, session, seed_users)
        service = service_class(store, environment)

        def listening(url: str) -> None:
            started(
                ServeView(
                    app=session.model.app,
                    design=store.design.name,
                    url=url,
                    database=store.description,
                    patterns=(),
                    not_served=(),
                    is_protected=not is_private,
                    records=records,
                    routes=tuple(_routes(service)),
                    trial=_trial(service_class) if is_private else (),
                    account=_account(service_class, session, seed_users) if records else "",
                )
            )

        chosen = _port(service_class.default_port) if port is None else port
        listen_and_serve(service.application(closes=False), host, chosen, listening)


def service_of(name: str) -> Any:
    """Return the class of an application's service.

    Raises:
        UsageError: it has none.
        UnsupportedError: a package that it needs is not installed.
    """
    try:
        package = importlib.import_module(SERVICES_PACKAGE)
        module, _, class_name = package.SERVICES[name].partition(":")
        return getattr(importlib.import_module(module), class_name)
    except KeyError as problem:
        raise UsageError(
            f"{name} has no service of its own yet",
            remedy=f"serve its access patterns as a data API: tablewright serve {name}",
        ) from problem
    except ImportError as problem:
        raise UnsupportedError(
            f"serving needs the package {problem.name}", remedy=f"install it: {INSTALL}"
        ) from problem


def _port(default: int) -> int:
    """Return the port that the environment names, or a default.

    Raises:
        UsageError: it names none.
    """
    text = os.environ.get("PORT", "") or str(default)
    if not text.isdigit() or int(text) > LAST_PORT:
        raise UsageError(f"PORT is {text!r}", remedy=f"set it to 0 to {LAST_PORT:,}")
    return int(text)


def _environment(service_class: Any, *, invents: bool) -> Mapping[str, str]:
    """Return the environment; what lives in memory, on this machine, gets secrets of its own."""
    if not invents:
        return os.environ
    invented = {name: secrets.token_urlsafe(32) for name in service_class.secret_names}
    return {**service_class.trial_settings, **invented, **os.environ}


def _trial(service_class: Any) -> tuple[str, ...]:
    """Return the settings that the environment leaves to the trial."""
    settings = service_class.trial_settings.items()
    return tuple(f"{name}={value}" for name, value in settings if name not in os.environ)


def _account(service_class: Any, session: Session, users: int) -> str:
    """Return what the first of the sampled users signs in with; "" where anybody can register."""
    if not service_class.trial_account:
        return ""
    entity, _, attribute = service_class.trial_account.partition(".")
    return str(Sample(session.model).value(entity, attribute, 0, users))


def _routes(service: Any) -> list[str]:
    return [
        f"{next(iter(route.methods - {'HEAD'}))} {route.path}"
        for route in service.routes()
        if getattr(route, "methods", None)
    ]


__all__ = ["serve_app", "service_of"]
