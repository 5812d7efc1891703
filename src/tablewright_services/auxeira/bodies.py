"""What the routes take: members of bodies and parameters of queries, as the document says them."""

from __future__ import annotations

from tablewright_services.auxeira.accounts import ROLES
from tablewright_services.auxeira.domain import (
    COUNTRIES,
    CURRENCIES,
    INDUSTRIES,
    LEAST_GOAL,
    LEAST_PLEDGE,
    MOST_GOAL,
    MOST_PLEDGE,
    REVENUE_BANDS,
)
from tablewright_services.auxeira.purchases import PRODUCTS
from tablewright_services.common.declarations import (
    Fields,
    choice,
    email,
    mapping,
    paragraphs,
    several,
    text,
    whole,
)
from tablewright_services.common.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD

_CURSOR = text(0, 4_000).optional
CREDENTIALS: Fields = {"email": email(), "password": text(1, 200)}
REGISTRATION: Fields = {
    "email": email(),
    "password": text(SHORTEST_PASSWORD, LONGEST_PASSWORD),
    "role": choice(*ROLES).optional,
}
REFRESH: Fields = {"refreshToken": text(1, 2_000)}
PROFILE: Fields = {
    "organisation": text(1, 100).optional,
    "industry": choice(*INDUSTRIES).optional,
    "country": choice(*COUNTRIES).optional,
    "employees": whole(1, 10_000_000).optional,
    "revenueBand": choice(*REVENUE_BANDS).optional,
    "sections": mapping().optional,
    "skills": several(text(1, 40), 0, 20).optional,
    "industries": several(choice(*INDUSTRIES), 0, len(INDUSTRIES)).optional,
    "regions": several(text(2, 2), 0, 20).optional,
    "rate": whole(1, 100_000_000).optional,
}
GENERATION: Fields = {"reportType": text(1, 40), "profile": mapping().optional}
PROJECT: Fields = {
    "title": text(1, 100),
    "description": paragraphs(2_000),
    "goal": whole(LEAST_GOAL, MOST_GOAL),
    "currency": choice(*CURRENCIES),
    "deadline": text(10, 40, form="date-time"),
    "status": choice("open", "draft").optional,
}
PLEDGE: Fields = {"amount": whole(LEAST_PLEDGE, MOST_PLEDGE)}
PAYMENT: Fields = {
    "product": choice(*PRODUCTS),
    "credits": whole(1, 1_000).optional,
    "reportType": text(1, 40).optional,
    "projectId": text(1, 40).optional,
    "amount": whole(LEAST_PLEDGE, MOST_PLEDGE).optional,
}

PAGE: Fields = {"cursor": _CURSOR}
REPORTS: Fields = {"type": text(1, 40).optional, "cursor": _CURSOR}
PROJECTS: Fields = {"owner": choice("me").optional, "cursor": _CURSOR}
NEED: Fields = {
    "need": text(1, 800),
    "industry": choice(*INDUSTRIES).optional,
    "region": choice(*COUNTRIES).optional,
}
TIMES: Fields = {
    "from": text(10, 40, form="date-time").optional,
    "to": text(10, 40, form="date-time").optional,
    "cursor": _CURSOR,
}
