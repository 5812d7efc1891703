"""A server that the file states, in place of the cheapest that suffices.

In: the `server` of a design, and the offers there are. Out: the offer's name, or a diagnostic with
its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tablewright.model.nodes import Reading
from tablewright.model.shapes import Field, Fields, suggestion
from tablewright.model.value_shapes import PROSE

if TYPE_CHECKING:
    from tablewright.engines.servers.sizing import Offer

SERVER = Field("server", PROSE, doc="the offer it runs on, such as M40; the cheapest unless given")


def read_server(fields: Fields, offers: Callable[[], Iterable[Offer]], reading: Reading) -> str:
    """Return the full name of the offer a design states; "" where it states none."""
    text = str(fields.get("server", ""))
    if not text:
        return ""
    listed = tuple(offers())
    chosen = stated(listed, text)
    if len(chosen) == 1:
        return full_name(chosen[0])
    names = [full_name(offer) for offer in chosen or listed]
    what = "is several offers" if chosen else "is no offer of the price book"
    reading.error(
        "unknown-server",
        f"`{text}` {what}",
        fields.key_spans["server"],
        f"write one of: {', '.join(names[:8])}" if chosen else suggestion(text, names, "offers"),
    )
    return ""


def full_name(offer: Offer) -> str:
    """Return vendor and offer."""
    return f"{offer.vendor} {offer.name}"


def stated(offers: Sequence[Offer], text: str) -> tuple[Offer, ...]:
    """Return the offers that a name means, with its vendor or without.

    Of a sharded cluster the offer of each shard is named.
    """
    asked = text.lower()
    whole = tuple(o for o in offers if asked in (o.name.lower(), full_name(o).lower()))
    return whole or tuple(o for o in offers if full_name(o).lower().startswith(f"{asked} x "))
