"""Fetch the vendor's public price list and write a price file from it.

In: the address of the price list and the regions wanted. Out: a file that `--book` lays on the
price book, and the book with the user's files on top. The only part of pricing that touches the
outside; what the list means is `bill.offer`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tablewright.bill.offer import MARK, OFFER, RegionOffer, book_text, read_offer
from tablewright.bill.prices import PriceBook, packaged
from tablewright.core.errors import DataError, EngineError, UsageError
from tablewright.core.quantities import MB

AWS_LIST = "https://pricing.us-east-1.amazonaws.com"
TIMEOUT_SECONDS = 20
LARGEST_BYTES = 20 * MB  # the list of one region has about 100 KB


def book_regions() -> tuple[str, ...]:
    """Return the regions for which the packaged book prices DynamoDB."""
    book = packaged("aws.dynamodb")
    regions = {p.region for prices in (book.prices.values() if book else ()) for p in prices}
    return tuple(sorted(regions - {"all"}))


def book_with(
    *, prices: Sequence[str] = (), books: Sequence[str] = (), as_of: str | None = None
) -> PriceBook:
    """Return the price book with what the user gives on top.

    Args:
        prices: as `key.region=USD`; they come before any file.
        books: paths of price files; where two have a price, the later one counts.
        as_of: the day to price for, YYYY-MM-DD.

    Raises:
        DataError: a file that is not of the form of a price file.
        UsageError: a file that cannot be read, or a price or day that is not of its form.
    """
    book = PriceBook().on(as_of)
    for name in books:
        try:
            if Path(name).stat().st_size > LARGEST_BYTES:
                raise DataError(f"{name}: more than {LARGEST_BYTES // MB} MB")
            text = Path(name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "not UTF-8 text"
            raise UsageError(f"the price book {name} cannot be read: {reason}") from problem
        book = book.with_book(text, name)
    return book.with_prices(prices)


def fetch_offers(regions: Sequence[str], base: str = AWS_LIST) -> tuple[RegionOffer, ...]:
    """Fetch the current price list of DynamoDB for these regions.

    Args:
        regions: such as ("us-east-1",).
        base: scheme and host of the price list.

    Raises:
        EngineError: the list cannot be reached.
        DataError: what came back is not a price list.
        UsageError: a region that the list does not have, or an address that is none.
    """
    from urllib.parse import urljoin, urlsplit

    root = base.rstrip("/")
    if urlsplit(root).scheme not in ("http", "https"):
        raise UsageError(f"`{base}` is not an address", remedy="give --from https://HOST")
    index_at = f"{root}/offers/v1.0/aws/{OFFER}/current/region_index.json"
    index = _fetch(index_at)
    known = index.get("regions") if isinstance(index, dict) else None
    if not isinstance(known, dict):
        raise DataError(f"{index_at}: has no regions")
    offers = []
    for region in regions:
        entry = known.get(region)
        path = entry.get("currentVersionUrl") if isinstance(entry, dict) else None
        if not isinstance(path, str):
            raise UsageError(
                f"the price list has no region `{region}`",
                remedy=f"it has {', '.join(sorted(known))}",
            )
        address = urljoin(f"{root}/", path)
        if urlsplit(address).netloc != urlsplit(root).netloc:
            raise DataError(f"{index_at}: sends {region} to another host")
        offers.append(read_offer(_fetch(address), region, address))
    return tuple(offers)


def write_book(offers: Sequence[RegionOffer], path: Path, *, force: bool = False) -> None:
    """Write a price file, all of it or nothing.

    Raises:
        UsageError: the file is there and was not written by a refresh.
    """
    if path.exists() and not force and not path.read_text("utf-8").startswith(MARK):
        raise UsageError(
            f"{path} is there and was not written by a refresh",
            remedy="choose another file with --out, or overwrite it with --force",
        )
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(book_text(offers))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _fetch(address: str) -> Any:
    import urllib.error
    import urllib.request  # here, because every verb that takes --book imports this module

    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            body: bytes = answer.read(LARGEST_BYTES + 1)
    except urllib.error.HTTPError as problem:
        problem.close()
        raise EngineError(f"{address}: answered {problem.code}") from problem
    except OSError as problem:
        reason = getattr(problem, "reason", problem)
        raise EngineError(
            f"{address}: cannot be reached ({reason})",
            remedy="without a network, the prices of the book stay in use",
        ) from problem
    if len(body) > LARGEST_BYTES:
        raise DataError(f"{address}: more than {LARGEST_BYTES // MB} MB")
    try:
        return json.loads(body, parse_float=str)
    except ValueError as problem:
        raise DataError(f"{address}: not JSON") from problem
