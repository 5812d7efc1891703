"""The refresh, against hand-made files in the form of the AWS price list, served on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tablewright.bill.offer import MARK, changes, read_offer, usage_key
from tablewright.bill.prices import PriceBook
from tablewright.cli.main import run
from tablewright.core.errors import DataError, EngineError, UsageError
from tablewright.operate.prices import book_with, fetch_offers, write_book

RECORDED = Path(__file__).parent / "price_list"
OFFERS = "/offers/v1.0/aws/AmazonDynamoDB"
WRU = "aws.dynamodb.ondemand.wru.standard"


class PriceList(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = self.path.removeprefix(OFFERS).strip("/").split("/")
        name = "region_index" if parts[-1] == "region_index.json" else parts[1]
        file = RECORDED / f"{name}.json"
        found = self.path.startswith(OFFERS) and file.exists()
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(file.read_bytes())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PriceList)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def test_each_row_of_the_list_becomes_one_price(url: str) -> None:
    [offer] = fetch_offers(["us-east-1"], url)
    assert (offer.version, offer.published) == ("20261001101010", "2026-10-01T10:10:10Z")
    # Prices of the list are for a single unit; ours are for a million, for 100,000, for one.
    assert {p.key.removeprefix("aws.dynamodb."): p.usd for p in offer.prices} == {
        "ondemand.wru.standard": Decimal("0.625"),
        "ondemand.rru.standard": Decimal("0.12"),
        "ondemand.wru.ia": Decimal("0.78"),
        "ondemand.rwru.standard": Decimal("0.625"),
        "ondemand.rwru.ia": Decimal("0.78"),
        "provisioned.wcu.standard": Decimal("0.00065"),
        "storage.standard": Decimal("0.25"),
        "pitr": Decimal("0.2"),
        "streams.read": Decimal("0.02"),
        "import.s3": Decimal("0.15"),
    }
    assert offer.skipped == ("HeavyUsage:dynamodb.write", "VectorWriteRequest")


def test_infrequent_access_and_replicated_rows_are_not_taken_for_plain_ones(url: str) -> None:
    [offer] = fetch_offers(["eu-north-1"], url)
    assert [(p.key.removeprefix("aws.dynamodb.ondemand."), p.usd) for p in offer.prices] == [
        ("rwru.standard", Decimal("0.67")),
        ("wru.ia", Decimal("0.84")),
        ("wru.standard", Decimal("0.67")),
    ]
    assert usage_key("IA-ReadRequestUnits") == "aws.dynamodb.ondemand.rru.ia"
    assert usage_key("ReplWriteCapacityUnit-Hrs") == "aws.dynamodb.provisioned.rwcu.standard"


def test_the_written_file_is_a_book_with_version_date_and_sku(url: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    write_book(fetch_offers(["us-east-1", "eu-north-1"], url), path)
    book = book_with(books=[str(path)])
    price = book.price("aws.dynamodb.ondemand.rru.standard", "us-east-1")
    assert (price.usd, price.as_of, price.note) == (Decimal("0.12"), "2026-10-01", "SKU AARRU.")
    assert "version 20261001101010, published 2026-10-01T10:10:10Z" in price.source
    # What was never verified before has a price now; what the list lacks stays as it was.
    assert book.price("aws.dynamodb.import.s3", "us-east-1").usd == Decimal("0.15")
    assert book.price("aws.dynamodb.pitr", "eu-west-1") == PriceBook().price(
        "aws.dynamodb.pitr", "eu-west-1"
    )
    # A list of today says nothing about October 2024.
    assert book.price(WRU, "us-east-1", "2024-10-31").usd == Decimal("1.25")


def test_changes_name_what_differs_from_the_book(url: str) -> None:
    pairs = changes(fetch_offers(["us-east-1"], url))
    assert {
        now.key.removeprefix("aws.dynamodb."): was.amount if was else None for was, now in pairs
    } == {
        "ondemand.rru.standard": Decimal("0.125"),
        "ondemand.rwru.ia": None,
    }


def test_a_list_with_two_prices_for_one_key_is_refused() -> None:
    data = recorded("us-east-1")
    data["products"]["TWIN"] = {**data["products"]["AARRU"], "sku": "TWIN"}
    data["terms"]["OnDemand"]["TWIN"] = data["terms"]["OnDemand"]["AAWRU"]
    with pytest.raises(DataError, match=r"two prices for aws\.dynamodb\.ondemand\.rru"):
        read_offer(data, "us-east-1", "here")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"offerCode": "AmazonS3"}, "not a price list of AmazonDynamoDB"),
        ({"version": ""}, "no version"),
        ({"publicationDate": "today"}, "no publication date"),
        ({"products": []}, "not of the form"),
    ],
)
def test_a_damaged_list_is_refused(damage: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_offer({**recorded("us-east-1"), **damage}, "us-east-1", "here")


def test_a_price_in_another_currency_is_refused() -> None:
    text = json.dumps(recorded("eu-north-1")).replace('"USD"', '"CNY"')
    with pytest.raises(DataError, match="no price in USD"):
        read_offer(json.loads(text), "eu-north-1", "here")


def test_an_unknown_region_or_an_unreachable_list_is_an_error(url: str) -> None:
    with pytest.raises(UsageError, match="no region `mars-1`"):
        fetch_offers(["mars-1"], url)
    with pytest.raises(EngineError, match="answered 404"):
        fetch_offers(["us-east-1"], f"{url}/elsewhere")
    with pytest.raises(EngineError, match="cannot be reached"):
        fetch_offers(["us-east-1"], "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="is not an address"):
        fetch_offers(["us-east-1"], "file:///etc")


def test_a_file_that_was_written_by_hand_is_not_overwritten(url: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: mine\n")
    offers = fetch_offers(["eu-north-1"], url)
    with pytest.raises(UsageError, match="was not written by a refresh"):
        write_book(offers, path)
    assert path.read_text() == "title: mine\n"
    write_book(offers, path, force=True)
    assert path.read_text().startswith(MARK)
    write_book(offers, path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]


def test_prices_of_the_user_come_before_their_files(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "title: own\nprices:\n"
        f"  {WRU}: {{what: w, unit: WRU, per: 1000000, usd: {{us-east-1: 0.5}}}}\n"
    )
    assert book_with(books=[str(path)]).price(WRU, "us-east-1").usd == Decimal("0.5")
    both = book_with(books=[str(path)], prices=[f"{WRU}.us-east-1=0.4"], as_of="2024-10-31")
    assert both.price(WRU, "us-east-1").usd == Decimal("0.4")
    path.write_bytes(b"\xff\xfe")
    for bad in (str(path), str(tmp_path / "nowhere.yaml")):
        with pytest.raises(UsageError, match=r"cannot be read: (not UTF-8|No such file)"):
            book_with(books=[bad])


def test_refresh_on_the_command_line(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prices.yaml"
    args = ["prices", "--refresh", "--from", url, "--region", "us-east-1", "--out", str(path)]
    assert run(args) == 0
    out, err = capsys.readouterr()
    assert "us-east-1: 10 prices, version 20261001101010" in out
    assert "Not read: HeavyUsage:dynamodb.write, VectorWriteRequest." in out
    assert str(path) in err
    assert run(["prices", "--why", WRU, "--region", "us-east-1", "--book", str(path)]) == 0
    assert "SKU AAWRU." in capsys.readouterr().out
    assert run([*args, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["offers"][0]["version"] == "20261001101010"
