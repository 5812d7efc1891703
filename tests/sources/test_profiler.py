"""MongoDB's profiler, exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sources.importing import imported


def entry(second: int, command: dict[str, Any], op: str = "command") -> dict[str, Any]:
    return {
        "op": op,
        "ns": "shop.orders",
        "command": command,
        "millis": 3,
        "planSummary": "IXSCAN",
        "ts": {"$date": f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"},
    }


def test_profiler_entries_become_rates_without_their_values(tmp_path: Path) -> None:
    orders = [{"_id": {"$oid": f"{n:024x}"}, "userId": f"u{n % 5}", "at": n} for n in range(40)]
    (tmp_path / "orders.json").write_text(json.dumps(orders))
    profile = tmp_path / "profile.json"
    find = {"find": "orders", "filter": {"userId": "topsecret"}, "sort": {"at": -1}}
    entries = [entry(n, find) for n in range(101)]
    entries.append(entry(50, {"q": {"_id": "topsecret"}, "u": {"$set": {"at": 1}}}, op="update"))
    profile.write_text("\n".join(json.dumps(e) for e in entries))
    result = imported(tmp_path / "orders.json", profile)
    # 101 finds and 1 update in 100 seconds: 101 and 1 times 864 a day.
    assert "where: userId, rate: 87260/day (seen)" in result.text
    assert "set: [at], rate: 864/day (seen)" in result.text
    assert "topsecret" not in result.text
