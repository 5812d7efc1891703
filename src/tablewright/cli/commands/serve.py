"""`serve`: the access patterns of a model as an HTTP data API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import design_option, file_argument
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.verbs.serve import ServeView


@click.command(
    epilog="Callers are asked for a key where TABLEWRIGHT_API_KEYS=name:key,… or "
    "TABLEWRIGHT_JWT_SECRET is set; other addresses than loopback need one of them. "
    "TABLEWRIGHT_RATE_PER_MINUTE, TABLEWRIGHT_MAX_BODY_BYTES and TABLEWRIGHT_CORS_ORIGINS set "
    "limits. The document of the API is at /openapi.json."
)
@file_argument
@design_option
@click.option("--app", default="", metavar="NAME", help="Run this application's service.")
@click.option(
    "--target",
    default="",
    metavar="DATABASE",
    help="local (the default), memory, aws, or an address: http://…, postgresql://…, mongodb://….",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="SERVER_PORT",
    show_envvar=True,
    help="Port to listen on; 0: a free one. 8080 unless given, of a service PORT or its own.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--seed",
    "seed_users",
    type=click.IntRange(0),
    help="Fill an empty database with the sampled records of so many users first.",
)
@click.option("--create", is_flag=True, help="Create missing tables on a server, too.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    app: str,
    target: str,
    port: int | None,
    host: str,
    seed_users: int | None,
    create: bool,
) -> None:
    """Serve the access patterns as an HTTP data API, one route for each, until Ctrl-C.

    FILE may be the name of a reference application: it is served from memory with 10 users. --app
    runs the application's own service instead: its routes and domain rules, in memory unless
    --target names a database.
    """
    from tablewright.verbs.serve import APP_USERS, MEMORY, PORT, model_session, serve

    def started(view: ServeView) -> None:
        from tablewright.reports.pages import write_document
        from tablewright.reports.serve import serve_page

        if out.as_json:
            out.show(view, "serve")
        else:
            out.note(write_document(serve_page(view), "text", width=200).rstrip())

    users = seed_users if seed_users is not None else 0 if target else APP_USERS
    if app:
        from tablewright.verbs.serve_app import serve_app

        serve_app(
            app,
            design=design,
            target=target or MEMORY,
            host=host,
            port=port,
            seed_users=users,
            create=create,
            started=started,
        )
        return
    session, is_app = model_session(file)
    serve(
        session,
        design=design or ("recommended" if is_app else ""),
        target=target or (MEMORY if is_app else "local"),
        host=host,
        port=PORT if port is None else port,
        seed_users=users if is_app else seed_users or 0,
        create=create,
        started=started,
    )


if __name__ == "__main__":
    command()
