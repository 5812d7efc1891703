"""The vendor's price list of DynamoDB, read into a price file of our own form.

In: the parsed `index.json` of one region from the AWS bulk price list. Out: prices with SKU,
version and publication date, and the text of a book that can be laid on top of the packaged one.
It fetches nothing. What it cannot read, reserved capacity among it, is left out and named.

Source of the form: AWS Billing User Guide, "Reading the service price list files".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tablewright.bill.book import Price
from tablewright.bill.prices import packaged
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain

SERVICE = "aws.dynamodb"
OFFER = "AmazonDynamoDB"
MARK = "# Written by `tablewright prices --refresh`; lay it on the price book with --book FILE."

# The usage type, without the region's prefix, is matched as a whole: its end alone would also take
# the rows of Standard-IA and of replicated writes.
_USAGE = {
    "WriteRequestUnits": "ondemand.wru.standard",
    "ReadRequestUnits": "ondemand.rru.standard",
    "ReplWriteRequestUnits": "ondemand.rwru.standard",
    "IA-WriteRequestUnits": "ondemand.wru.ia",
    "IA-ReadRequestUnits": "ondemand.rru.ia",
    "IA-ReplWriteRequestUnits": "ondemand.rwru.ia",
    "WriteCapacityUnit-Hrs": "provisioned.wcu.standard",
    "ReadCapacityUnit-Hrs": "provisioned.rcu.standard",
    "ReplWriteCapacityUnit-Hrs": "provisioned.rwcu.standard",
    "IA-WriteCapacityUnit-Hrs": "provisioned.wcu.ia",
    "IA-ReadCapacityUnit-Hrs": "provisioned.rcu.ia",
    "IA-ReplWriteCapacityUnit-Hrs": "provisioned.rwcu.ia",
    "TimedStorage-ByteHrs": "storage.standard",
    "IA-TimedStorage-ByteHrs": "storage.ia",
    "TimedPITRStorage-ByteHrs": "pitr",
    "TimedBackupStorage-ByteHrs": "backup.ondemand.warm",
    "RestoreDataSize-Bytes": "restore.warm",
    "ExportDataSize-Bytes": "export.s3",
    "IncrementalExportDataSize-Bytes": "export.s3.incremental",
    "ImportDataSize-Bytes": "import.s3",
    "Streams-RequestsCount": "streams.read",
    "ChangeDataCaptureUnits-Kinesis": "cdc.kinesis",
}
_PREFIX = re.compile(r"(?!IA-)[A-Z]{2,4}\d?-")


@frozen
class RegionOffer:
    """What one region's price list says. `skipped` names usage types that were not read."""

    region: str
    version: str
    published: str
    address: str
    prices: tuple[Price, ...]
    skipped: tuple[str, ...] = ()


def usage_key(usage_type: str) -> str | None:
    """Return the price key of a usage type, None if it is not one we price.

    Example:
        >>> usage_key("EUN1-IA-WriteRequestUnits"), usage_key("EU-TimedStorage-ByteHrs")
        ('aws.dynamodb.ondemand.wru.ia', 'aws.dynamodb.storage.standard')
        >>> usage_key("APN1-HeavyUsage:dynamodb.write") is None
        True
    """
    name = _USAGE.get(_PREFIX.sub("", usage_type, count=1))
    return f"{SERVICE}.{name}" if name else None


def read_offer(data: Any, region: str, address: str) -> RegionOffer:
    """Return the prices of one region's price list.

    Args:
        data: the parsed `index.json`, its numbers still text.
        region: the region it was asked for.
        address: where it was read.

    Raises:
        DataError: not a price list of DynamoDB, a price not in USD, or two for one key.
    """
    top = _mapping(data, address)
    if top.get("offerCode") != OFFER:
        raise DataError(f"{address}: not a price list of {OFFER}")
    version, published = str(top.get("version", "")), str(top.get("publicationDate", ""))
    if not version or not re.match(r"\d{4}-\d\d-\d\d", published):
        raise DataError(f"{address}: has no version or no publication date")
    terms = _mapping(_mapping(top.get("terms", {}), address).get("OnDemand", {}), address)
    prices: dict[str, Price] = {}
    skipped: list[str] = []
    for sku, product in sorted(_mapping(top.get("products", {}), address).items()):
        attributes = _mapping(_mapping(product, address).get("attributes", {}), address)
        usage = str(attributes.get("usagetype", ""))
        if attributes.get("regionCode", region) != region:
            continue
        key = usage_key(usage)
        template = _templates().get(key) if key else None
        amount = _paid(terms.get(sku, {}), f"{address}: {sku}") if template else None
        if template is None or amount is None:
            skipped.append(usage)
            continue
        price = replace(
            template,
            region=region,
            amount=amount * template.per,
            as_of=published[:10],
            source=address,
            confidence="price-list",
            note=f"SKU {sku}.",
        )
        other = prices.setdefault(price.key, price)
        if other.amount != price.amount:
            raise DataError(f"{address}: two prices for {price.key}: {other.note} {price.note}")
    return RegionOffer(
        region=region,
        version=version,
        published=published,
        address=address,
        prices=tuple(prices[key] for key in sorted(prices)),
        skipped=tuple(sorted(set(skipped))),
    )


def book_text(offers: Sequence[RegionOffer]) -> str:
    """Return a price file with the prices of these regions, to be given as --book."""
    lines = [MARK, "title: Amazon DynamoDB, from the AWS price list", "", "sources:"]
    for offer in offers:
        said = f"{offer.address} (version {offer.version}, published {offer.published})"
        lines.append(f"  {offer.region}: {json.dumps(said)}")
    lines += ["", "prices:"]
    every = [(price, offer.region) for offer in offers for price in offer.prices]
    for key in sorted({price.key for price, _ in every}):
        mine = [(price, region) for price, region in every if price.key == key]
        first = mine[0][0]
        lines += [f"  {key}:", f"    what: {json.dumps(first.what)}", f"    unit: {first.unit}"]
        lines += [f"    per: {first.per}", "    confidence: price-list", "    usd:"]
        for price, region in mine:
            row = f"usd: {plain(price.usd)}, source: {region}, as_of: {price.as_of}"
            lines.append(f"      {region}: {{{row}, note: {price.note}}}")
    return "\n".join(lines) + "\n"


def changes(offers: Iterable[RegionOffer]) -> tuple[tuple[Price | None, Price], ...]:
    """Return each price that is new or differs from the packaged book: what it was, what it is."""
    book = packaged(SERVICE)
    known = {
        (price.key, price.region): price
        for prices in (book.prices.values() if book else ())
        for price in prices
        if price.valid_until is None
    }
    pairs = [(known.get((p.key, p.region)), p) for offer in offers for p in offer.prices]
    return tuple((was, now) for was, now in pairs if was is None or was.amount != now.amount)


def _templates() -> Mapping[str, Price]:
    book = packaged(SERVICE)
    return book.templates if book else {}


def _paid(term: Any, where: str) -> Decimal | None:
    """Return the price of one unit: the only step that is not the free tier's, None without one."""
    amounts: set[Decimal] = set()
    for offer in _mapping(term, where).values():
        steps = _mapping(_mapping(offer, where).get("priceDimensions", {}), where)
        for step in steps.values():
            per_unit = _mapping(_mapping(step, where).get("pricePerUnit", {}), where)
            if "USD" not in per_unit:
                raise DataError(f"{where}: no price in USD")
            try:
                amount = Decimal(str(per_unit["USD"]))
            except InvalidOperation:
                amount = Decimal("NaN")
            if not amount.is_finite() or amount < 0:
                raise DataError(f"{where}: `{per_unit['USD']}` is not a price")
            if amount:
                amounts.add(amount)
    if len(amounts) > 1:
        raise DataError(f"{where}: more than one price: {', '.join(map(str, sorted(amounts)))}")
    return amounts.pop() if amounts else None


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{where}: not of the form of a price list")
    return value
