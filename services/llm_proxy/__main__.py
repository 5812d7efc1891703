"""Run the LLM proxy: `python -m services.llm_proxy`.

DESIGN and DATABASE name a design of the model and a database, as `open_store` takes them; PORT and
HOST say where to listen. Without secrets in the environment random ones hold for this process.
"""

from __future__ import annotations

import os
import secrets

import uvicorn

from services.llm_proxy.app import LlmProxy
from services.llm_proxy.settings import proxy_settings
from tablewright.store.opening import open_store
from tablewright.verbs.serve import app_session


def main() -> None:
    """Serve until the process is told to end."""
    environment = {name: secrets.token_urlsafe(32) for name in ("JWT_SECRET", "JWT_REFRESH_SECRET")}
    settings = proxy_settings({**environment, **os.environ})
    store = open_store(
        app_session("llm-proxy"),
        design=os.environ.get("DESIGN", "recommended"),
        target=os.environ.get("DATABASE", "memory"),
    )
    uvicorn.run(
        LlmProxy(store, settings).application(),
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8080")),
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
