"""What the routes take: members of bodies and parameters of queries, as the document says them."""

from __future__ import annotations

from tablewright_services.common.declarations import (
    Fields,
    choice,
    email,
    flag,
    number,
    paragraphs,
    place,
    record,
    several,
    text,
    whole,
)
from tablewright_services.common.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from tablewright_services.poafix.domain import KINDS, PERMISSIONS, SERVICE_TYPES
from tablewright_services.poafix.uploads import FOLDERS, TYPES

_ID = text(24, 24, "[0-9a-f]{24}")
_URL = text(1, 300, r"(?:https://|/files/)[^\s<>\"]+")
_PASSWORD = text(SHORTEST_PASSWORD, LONGEST_PASSWORD)
_PHONE = text(7, 20, r"\+?[0-9 ()-]+")
_PAGE = text(0, 4_000).optional
_MOMENT = text(10, 40, form="date-time")
_TYPE = choice(*SERVICE_TYPES)

CLIENT: Fields = {
    "kind": choice("client"),
    "email": email(),
    "password": _PASSWORD,
    "name": text(1, 100),
    "phone": _PHONE,
    "address": text(1, 200),
    "location": place(),
}
PROVIDER: Fields = {
    "kind": choice("provider"),
    "email": email(),
    "password": _PASSWORD,
    "businessName": text(1, 100),
    "phone": _PHONE,
    "serviceType": _TYPE,
    "location": place(),
    "hourlyRate": number(1, 100_000),
    "description": paragraphs(4_000).optional,
    "photos": several(_URL, 0, 10).optional,
    "documents": several(record({"kind": text(1, 30), "url": _URL}), 0, 10).optional,
}
REGISTRATION: Fields = {
    **{name: field.optional for name, field in {**CLIENT, **PROVIDER}.items()},
    "kind": choice("client", "provider"),
    "email": email(),
    "password": _PASSWORD,
    "phone": _PHONE,
    "location": place(),
}
"""Of both kinds; what is needed of the kind is checked by `CLIENT` or `PROVIDER`."""
CREDENTIALS: Fields = {
    "kind": choice(*KINDS),
    "email": email(),
    "password": text(1, 200),
    "code": text(6, 6, "[0-9]{6}").optional,
}
"""The code is that of an administrator's authenticator."""
REFRESH: Fields = {"refreshToken": text(1, 2_000)}

NEAR: Fields = {
    "lat": number(-90, 90),
    "lng": number(-180, 180),
    "serviceType": _TYPE,
    "radius": number(0.1, 50).optional,
    "minRating": number(0, 5).optional,
    "maxHourlyRate": number(0, 100_000).optional,
    "limit": whole(1, 20).optional,
    "page": _PAGE,
}
OF_TYPE: Fields = {"serviceType": _TYPE, "page": _PAGE}
PAGE: Fields = {"page": _PAGE}
PRESENCE: Fields = {"location": place(), "isAvailable": flag()}
RATING: Fields = {"jobId": _ID, "stars": whole(1, 5)}

REQUEST: Fields = {
    "providerId": _ID,
    "serviceType": _TYPE,
    "description": paragraphs(1_000),
    "location": place(),
    "photos": several(_URL, 0, 4).optional,
}
REQUESTS: Fields = {
    "status": choice("pending", "accepted", "rejected", "cancelled", "expired").optional,
    "page": _PAGE,
}
TIME: Fields = {
    "schedule": _MOMENT,
    "durationMinutes": whole(30, 480),
    "price": number(1, 1_000_000).optional,
    "address": text(1, 200).optional,
    "notes": paragraphs(1_000).optional,
}
BOOKING: Fields = {"requestId": _ID, **TIME}
BOOKINGS: Fields = {
    "status": choice("pending", "confirmed", "in_progress", "completed", "cancelled").optional,
    "page": _PAGE,
}
PROGRESS: Fields = {
    "state": choice("travelling", "working", "paused", "finished"),
    "note": text(0, 200).optional,
}
OUTCOME: Fields = {"outcome": choice("paid", "failed").optional}
UPLOAD: Fields = {
    "fileName": text(1, 200),
    "contentType": choice(*TYPES),
    "bytes": whole(1, 10 * 1024 * 1024),
    "folder": choice(*FOLDERS).optional,
}

USERS: Fields = {"isActive": flag().optional, "isBlocked": flag().optional, "page": _PAGE}
NEAR_USERS: Fields = {
    "lat": number(-90, 90),
    "lng": number(-180, 180),
    "radius": number(0.1, 50).optional,
    "page": _PAGE,
}
OF_STATUS: Fields = {
    "status": choice("pending", "accepted", "rejected", "cancelled", "expired"),
    "page": _PAGE,
}
NEWS: Fields = {
    "type": choice("request", "booking", "job", "payment", "rating", "system"),
    "priority": whole(1, 3),
    "page": _PAGE,
}
VERDICT: Fields = {"decision": choice("verified", "rejected")}
BLOCK: Fields = {"isBlocked": flag()}
ADMIN: Fields = {
    "email": email(),
    "password": _PASSWORD,
    "name": text(1, 100),
    "role": choice(*PERMISSIONS),
}
ACTIVITY: Fields = {"adminId": _ID.optional}
