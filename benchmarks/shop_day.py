"""A day of MongoCollectibles by its routes, beside what `cost` predicts for as many customers.

python benchmarks/shop_day.py [--users 1000] [--design recommended]

The database holds the sampled records of 1,000 customers, on the local engine. Each route is asked
as often as the patterns it stands for have a rate, in random order, while the clock goes through a
day. Shown are calls and dollars of each pattern: as the model says, and as the service made them.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from services import ENVIRONMENTS, Ask, Asked, answered, asgi_caller, bearer, post

from tablewright.core.quantities import ZERO
from tablewright.session import Session
from tablewright.store.opening import fill_store, open_store
from tablewright.store.store import Store
from tablewright.verbs.serve import app_session
from tablewright.verbs.serve_app import service_of

APP = "mongocollectibles"
MIDNIGHT = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
DAY_SECONDS = 86_400
Step = Callable[[], Awaitable[None]]


class Customers:
    """What customers and staff do."""

    def __init__(self, ask: Ask, service: Any, names: list[str], chance: random.Random) -> None:
        self.ask, self.service, self.names, self.chance = ask, service, names, chance
        self.staff = bearer(service.access.staff_token())
        self.paid: list[str] = []
        self.rented: list[str] = []

    async def get(self, path: str, headers: Any = None) -> Any:
        """Ask for a page or an answer."""
        return await self.ask(Asked(method="GET", path=path, headers=headers or {}))

    def order(self) -> dict[str, Any]:
        """Return an order of anything."""
        item = self.chance.choice(self.names)
        return {"collectible_id": item, "store_id": "store-b", "duration": 10}

    async def browse(self) -> None:
        """Look at the catalogue."""
        await self.get("/collectibles")

    async def look(self) -> None:
        """Look at a figure and its copies."""
        await self.get(f"/collectibles/{self.chance.choice(self.names)}")

    async def visit(self) -> None:
        """Look at the page of a figure."""
        await self.get(f"/shop/{self.chance.choice(self.names)}")

    async def quote(self) -> None:
        """Get a quote."""
        await self.ask(post("/rentals/quote", self.order()))

    async def rent(self) -> None:
        """Rent a figure and pay; the payment is told as PayMongo would."""
        body = {**self.order(), "customer_email": f"user{len(self.rented)}@example.ph"}
        reply = await self.ask(post("/rentals/checkout", body))
        if reply.status != 201:
            return
        data = reply.json()["data"]
        rental_id, amount = data["rental_id"], int(Decimal(str(data["total_fee"])) * 100)
        self.rented.append(rental_id)
        now = self.service.clock()
        content, header = self.service.payments.webhook(rental_id, "payment.paid", amount, now)
        told = post("/webhooks/paymongo", json.loads(content), {"paymongo-signature": header})
        await answered(
            self.ask, Asked(method="POST", path=told.path, headers=told.headers, body=content)
        )
        self.paid.append(rental_id)

    async def bring_back(self) -> None:
        """Take a copy back."""
        if self.paid:
            path = f"/rentals/{self.paid.pop()}/return"
            await answered(self.ask, post(path, {}, self.staff))

    async def check(self) -> None:
        """Look at one's rental."""
        await self.get(f"/rentals/{self.chance.choice(self.rented or ['rental-none'])}")

    async def list_own(self) -> None:
        """Look at all of one's rentals."""
        email = f"user{self.chance.randrange(20)}@example.ph"
        await self.get("/rentals", bearer(self.service.access.customer_token(email)))

    async def work(self) -> None:
        """Look at the dashboard."""
        await self.get("/dashboard", self.staff)

    async def expire(self) -> None:
        """Do what the service does beside the requests."""
        await self.service.rentals.expire()


async def day(session: Session, store: Store, users: int) -> None:
    """Let a day pass."""
    elapsed = [0.0]
    service = service_of(APP)(
        store,
        ENVIRONMENTS[APP],
        log=str,
        now=lambda: MIDNIGHT + dt.timedelta(seconds=elapsed[0]),
        ticks=lambda: elapsed[0],
    )
    chance = random.Random(1)
    listed = store.listCollectibles()
    names = [each.id for each in listed]
    customers = Customers(asgi_caller(service.application()), service, names, chance)
    store.bill.patterns.clear()
    steps: list[Step] = []
    for step, rate in (
        (customers.browse, 2.0),
        (customers.look, 3.0),
        (customers.visit, 2.0),
        (customers.quote, 2.0),
        (customers.rent, 0.02),
        (customers.bring_back, 0.02),
        (customers.check, 0.1),
        (customers.list_own, 0.2),
        (customers.work, 0.01),
    ):
        steps += [step] * round(rate * users)
    steps += [customers.expire] * (DAY_SECONDS // service.settings.expiry_seconds)
    chance.shuffle(steps)
    for number, step in enumerate(steps):
        elapsed[0] = DAY_SECONDS * number / len(steps)
        customers.staff = bearer(service.access.staff_token())
        await step()
    show(session, store, users)


def show(session: Session, store: Store, users: int) -> None:
    """Print calls and dollars by pattern, predicted and metered."""
    evaluation = session.evaluate(store.design.name, users)
    predicted: dict[str, Decimal] = {}
    for line in evaluation.bill.lines:
        if line.dimension.value in ("reads", "writes") and line.pattern:
            amount = line.amount / (Decimal(730) / 24)
            predicted[line.pattern] = predicted.get(line.pattern, ZERO) + amount
    print(f"{'pattern':26}{'calls a day':>24}{'US dollars a day':>24}")
    print(f"{'':26}{'model     service':>24}{'predicted     metered':>24}")
    for pattern in session.model.patterns:
        name = pattern.name
        use = store.bill.patterns.get(name)
        asked = session.model.calls_per_day(pattern, users)
        usd = store.bill.usd_of(name) or ZERO
        calls = use.calls if use is not None else 0
        print(f"{name:26}{asked:12,.1f}{calls:12,}{predicted.get(name, ZERO):12.6f}{usd:12.6f}")
    print(f"{'':26}{'':24}{sum(predicted.values()):12.6f}{store.bill.usd or ZERO:12.6f}")


def main() -> int:
    """Simulate, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--design", default="recommended")
    options = parser.parse_args()
    session = app_session(APP)
    with open_store(
        session, options.design, "memory", users=options.users, clock=lambda: MIDNIGHT
    ) as store:
        fill_store(store, session, options.users)
        asyncio.run(day(session, store, options.users))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
