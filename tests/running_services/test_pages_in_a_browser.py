"""The pages of the services in a real Chromium, wide and narrow, light and dark, by keyboard.

What is served is the service itself, with sampled data, over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.browser import AXE
from running_services import test_auxeira, test_mongocollectibles
from running_services.chromium import Browser, served
from running_services.running import Running
from tablewright_services.auxeira.app import Auxeira
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.mongocollectibles.app import MongoCollectibles

pytestmark = pytest.mark.needs_browser
UNTIL_THE_BOARD = """new Promise((kept) => {
  const board = document.getElementById("board");
  const look = () => board.children.length && kept(board.children.length);
  new MutationObserver(look).observe(board, {childList: true});
  look();
})"""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    environment = test_mongocollectibles.ENVIRONMENT
    running = Running(
        MongoCollectibles, "mongocollectibles", "recommended", environment, seed_users=10
    )
    with served(running.client.app) as address:
        yield address


@pytest.fixture(scope="module")
def auxeira() -> Iterator[str]:
    environment = test_auxeira.ENVIRONMENT
    running = Running(Auxeira, "auxeira", "recommended", environment, seed_users=10)
    running.service.accounts.passwords = BcryptPasswords(4)
    with served(running.client.app) as address:
        yield address


def look(browser: Browser) -> None:
    """Hold the page that is open to all that is asked of one."""
    if not AXE.exists():
        pytest.skip("no axe-core here: run scripts/install-peers")
    for pixels in (1280, 390):
        for dark in (False, True):
            browser.width(pixels, dark=dark)
            where = (browser.value("location.pathname"), pixels, dark)
            assert (where, browser.past(), browser.findings()) == (where, [], [])
    browser.width(1280)
    assert browser.complaints == []


def words(browser: Browser) -> str:
    return str(browser.value("document.querySelector('main').innerText"))


def test_a_customer_rents_and_pays_by_keyboard(shop: str, browser: Browser) -> None:
    browser.open(f"{shop}/")
    look(browser)
    browser.open(f"{shop}/shop/col-001")
    look(browser)
    expected = ["Shop", "Staff", "Collect at", "Days", "Get a quote"]
    places = browser.tabbed(5)
    assert [place.partition("Store")[0] for place, _ in places] == expected
    assert all(is_seen for _, is_seen in places)
    browser.press("Enter")
    browser.until_loaded()
    look(browser)
    browser.value("document.querySelector('[type=email]').focus()")
    browser.type("ana@example.ph")
    browser.press("Enter")
    browser.until_loaded()
    assert "This page stands in for PayMongo" in words(browser)
    look(browser)
    browser.tabbed(3)
    browser.press("Enter")
    browser.until_loaded()
    assert "completed" in words(browser)
    look(browser)


def test_the_staff_signs_in_and_takes_a_copy_back_by_keyboard(shop: str, browser: Browser) -> None:
    browser.open(f"{shop}/dashboard")
    look(browser)
    places = browser.tabbed(5)
    assert [place for place, _ in places] == [
        "Shop",
        "Staff",
        "Password",
        "Sign in",
        "Show what is typed",
    ]
    browser.value("document.querySelector('[name=password]').focus()")
    browser.type(test_mongocollectibles.PASSWORD)
    browser.press("Enter")
    browser.until_loaded()
    assert "Rentals: completed" in words(browser)
    look(browser)
    open_ones = browser.value("document.querySelectorAll('td form').length")
    places = browser.tabbed(9)
    assert [place for place, _ in places[2:]] == [
        "Sign out",
        "pending",
        "completed",
        "failed",
        "expired",
        "refunded",
        "Take back",
    ]
    assert all(is_seen for _, is_seen in places)
    browser.press("Enter")
    browser.until_loaded()
    assert browser.value("document.querySelectorAll('td form').length") == open_ones - 1


def test_a_refusal_is_a_page_too(shop: str, browser: Browser) -> None:
    browser.open(f"{shop}/shop/none")
    assert "There is no such collectible." in words(browser)
    # Chromium names a page that was not found in its console
    assert [each.partition(" http")[0] for each in browser.complaints] == [
        "Failed to load resource: the server responded with a status of 404 (Not Found)"
    ]
    browser.complaints.clear()
    look(browser)


def test_a_member_registers_by_keyboard_and_sees_the_board(auxeira: str, browser: Browser) -> None:
    browser.open(f"{auxeira}/")
    look(browser)
    places = browser.tabbed(5)
    assert [place for place, _ in places] == [
        "E-mail",
        "Password",
        "Show the password",
        "Sign in",
        "Register",
    ]
    assert all(is_seen for _, is_seen in places)
    browser.value("document.querySelector('[name=email]').focus()")
    browser.type("ana@example.org")
    browser.press("Tab")
    browser.type("a long password 77")
    browser.tabbed(3)
    browser.press("Enter")
    assert browser.value(UNTIL_THE_BOARD) > 5
    assert "Leaderboard" in words(browser)
    look(browser)
