"""What is sampled of the applications agrees with itself: references, copies, times in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tablewright.sample.sample import Sample
from tablewright.session import open_model

APPS = Path(__file__).parents[2] / "src/tablewright/apps"
USERS = 1000


def rows(app: str, entity: str, many: int) -> list[dict[str, Any]]:
    sample = Sample(open_model(APPS / app).model)
    return list(sample.rows(entity, 0, many, USERS))


def test_a_rental_is_of_a_copy_that_some_warehouse_has() -> None:
    copies = {
        (warehouse["warehouse_id"], warehouse["collectible_id"])
        for warehouse in rows("mongocollectibles", "Warehouse", 600)
    }
    assert len(copies) == 600
    for rental in rows("mongocollectibles", "Rental", 200):
        assert (rental["warehouse_id"], rental["collectible_id"]) in copies


def test_a_pin_has_the_type_and_name_of_its_device_and_the_address_of_its_subscriber() -> None:
    devices = {d["device_id"]: d for d in rows("screen-time-journey", "Device", 200)}
    emails = {s["customer_id"]: s["email"] for s in rows("screen-time-journey", "Subscriber", 100)}
    for record in rows("screen-time-journey", "PinRecord", 200):
        device = devices[record["device_id"]]
        assert (record["deviceType"], record["deviceName"]) == (device["type"], device["name"])
        assert record["email"] == emails[record["customer_id"]]


def test_a_code_has_no_more_attempts_than_the_five_there_are() -> None:
    codes = rows("screen-time-journey", "OneTimeCode", 200)
    assert max(code["attempts"] for code in codes) <= 5


def test_a_period_ends_after_it_begins_and_a_purchase_expires_after_it_was_made() -> None:
    for user in rows("llm-proxy", "User", 200):
        assert user["periodStart"] <= user["periodEnd"]
    for receipt in rows("llm-proxy", "Receipt", 200):
        assert receipt["purchaseDate"] < receipt["expiresDate"]


def test_a_report_is_completed_after_it_was_started() -> None:
    finished = [r for r in rows("auxeira", "Report", 200) if "completedAt" in r]
    assert len(finished) > 100
    assert all(report["startedAt"] <= report["completedAt"] for report in finished)


def test_a_booking_is_between_the_client_and_the_provider_of_its_request() -> None:
    requests = {r["_id"]: r for r in rows("poafix", "ServiceRequest", 400)}
    bookings = rows("poafix", "Booking", 200)
    known = [b for b in bookings if b["requestId"] in requests]
    assert len(known) > 100
    for booking in known:
        request = requests[booking["requestId"]]
        assert (booking["clientId"], booking["providerId"]) == (
            request["clientId"],
            request["providerId"],
        )


def test_a_project_has_no_more_pledged_than_its_goal() -> None:
    expected = {"draft": 0.0, "funded": 1.0}
    states = set()
    for project in rows("auxeira", "Project", 200):
        goal, pledged = project["goal"], project["pledged"]
        states.add(project["status"])
        share = expected.get(project["status"], 0.4)
        assert abs(float(pledged) - float(goal) * share) <= 1, project
        assert pledged <= goal
    assert states >= {"draft", "funded"}
