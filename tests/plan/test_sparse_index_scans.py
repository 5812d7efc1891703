"""An index that holds only the few asked for is planned, and scanned whole."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

GAMES = """
app: games
region: us-east-1
scales: [100]
entities:
  Game:
    key: game_id
    count: 10000 total
    attributes:
      game_id: id(12)
      opened: {type: timestamp, presence: 2%}
      body: {type: binary, bytes: 980}
patterns:
  open: {list: Game, where: {opened: exists}, all: true, rate: 10/user/day}
designs:
  scanned: {engine: dynamodb, tables: {games: {key: game_id, items: Game}}}
"""


def test_what_few_have_is_found_by_scanning_their_index() -> None:
    session = Session(read_model(GAMES), Options())
    result = plan(session, explained=False)
    assert "opened-index: {key: opened" in result.section
    # 200 of 10,000 are in it. The table has 10 MB, some 1,200 units a scan, of which 1,000 a day
    # cost 4.6 USD a month; the index a fiftieth of it and the storage of both is 0.0025
    scanned, planned = result.usd("scanned", 100), result.usd("planned", 100)
    assert scanned is not None
    assert planned is not None
    assert Decimal(40) < scanned / planned < Decimal(52)
