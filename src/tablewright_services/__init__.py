"""The five applications as running services; they reach a database only through the store.

Each sub-package is one service: routes, domain rules, settings. `SERVICES` says which class serves
an application; `tablewright serve --app NAME` starts it.
"""

from __future__ import annotations

SERVICES = {
    "auxeira": "tablewright_services.auxeira.app:Auxeira",
    "llm-proxy": "tablewright_services.llm_proxy.app:LlmProxy",
    "mongocollectibles": "tablewright_services.mongocollectibles.app:MongoCollectibles",
    "poafix": "tablewright_services.poafix.app:PoaFix",
    "screen-time-journey": "tablewright_services.screen_time_journey.app:ScreenTimeJourney",
}
"""By application, the module and the class of its service, a `common.service.Service`."""

__all__ = ["SERVICES"]
