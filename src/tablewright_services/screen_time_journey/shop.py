"""The shop's side of a subscription: ended there, so that it is not charged any more.

In: the e-mail address of a customer. Out: how many contracts were ended, or `ShopFailed`. Locally
the addresses are kept in a list.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Protocol

from tablewright_services.screen_time_journey.settings import JourneySettings

API_VERSION = "2025-10"
TIMEOUT_SECONDS = 10
CONTRACTS = """query ($who: String!) { customers(first: 1, query: $who) { nodes {
  email subscriptionContracts(first: 20) { nodes { id status } } } } }"""
CANCEL = """mutation ($id: ID!) { subscriptionContractCancel(subscriptionContractId: $id) {
  userErrors { message } } }"""


class ShopFailed(Exception):
    """The shop did not answer, or refused."""


class Shop(Protocol):
    """Ends subscriptions."""

    def end_subscriptions(self, email: str) -> int:
        """End what a customer pays for; return how many contracts that were.

        Raises:
            ShopFailed: it could not be ended.
        """
        ...


class KeptShop:
    """Keeps whose subscriptions were ended: for tests, and for trying out."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def end_subscriptions(self, email: str) -> int:
        """Keep an address."""
        self.ended.append(email)
        return 1


class ShopifyShop:
    """The GraphQL Admin API of a shop."""

    def __init__(self, domain: str, token: str) -> None:
        self._url = f"https://{domain}/admin/api/{API_VERSION}/graphql.json"
        self._token = token

    def end_subscriptions(self, email: str) -> int:
        """End all active and paused contracts of a customer."""
        matching = self._answer(CONTRACTS, {"who": f'email:"{email}"'})
        customers = [each for each in matching["customers"]["nodes"] if each["email"] == email]
        contracts = [
            contract["id"]
            for customer in customers
            for contract in customer["subscriptionContracts"]["nodes"]
            if contract["status"] in ("ACTIVE", "PAUSED", "FAILED")
        ]
        for contract in contracts:
            ended = self._answer(CANCEL, {"id": contract})["subscriptionContractCancel"]
            if ended["userErrors"]:
                raise ShopFailed("it refused")
        return len(contracts)

    def _answer(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._url,
            json.dumps({"query": query, "variables": variables}).encode(),
            {"X-Shopify-Access-Token": self._token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                content: dict[str, Any] = json.loads(reply.read())["data"]
        except (OSError, ValueError, KeyError, urllib.error.URLError) as problem:
            raise ShopFailed(type(problem).__name__) from problem
        return content


def shop_of(settings: JourneySettings) -> Shop:
    """Return the shop that is set up, or one that only remembers."""
    if settings.shop_token and settings.shop_domain:
        return ShopifyShop(settings.shop_domain, settings.shop_token)
    return KeptShop()
