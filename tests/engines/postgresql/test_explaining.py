"""What EXPLAIN says, read as consumption: plans as PostgreSQL 18 prints them, cut to the point."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tablewright.engines.postgresql.explaining import access_path, consumption, prefix


def units(plan: dict[str, Any], table: str = "t") -> dict[tuple[str, str], Decimal]:
    uses = consumption({"Plan": plan}, table)
    return {(use.resource, use.dimension): use.units for use in uses}


def test_rows_that_a_scan_filtered_out_were_read_as_well() -> None:
    scan = {
        "Node Type": "Seq Scan",
        "Relation Name": "t",
        "Actual Rows": 3,
        "Actual Loops": 1,
        "Rows Removed by Filter": 97,
        "Shared Hit Blocks": 5,
        "Shared Read Blocks": 2,
    }
    assert units(scan) == {("t", "read"): 100, ("t", "page"): 7, ("t", "pages from disk"): 2}
    assert access_path(scan) == "t"


def test_an_index_scan_reads_an_entry_and_a_row_for_each_loop() -> None:
    scan = {
        "Node Type": "Index Scan",
        "Relation Name": "t",
        "Index Name": "i",
        "Actual Rows": 2,
        "Actual Loops": 4,
    }
    limit = {"Node Type": "Limit", "Actual Rows": 2, "Actual Loops": 1, "Plans": [scan]}
    assert units(limit) == {("t/i", "read"): 8, ("t", "read"): 8}
    assert access_path(limit) == "t/i"


def test_an_index_only_scan_reads_the_rows_whose_page_is_not_all_visible() -> None:
    scan = {
        "Node Type": "Index Only Scan",
        "Relation Name": "t",
        "Index Name": "i",
        "Actual Rows": 10,
        "Actual Loops": 1,
        "Heap Fetches": 3,
    }
    assert units(scan) == {("t/i", "read"): 10, ("t", "read"): 3}


def test_a_bitmap_counts_entries_by_its_index_and_rows_by_its_table() -> None:
    index = {
        "Node Type": "Bitmap Index Scan",
        "Index Name": "i",
        "Actual Rows": 40,
        "Actual Loops": 1,
    }
    heap = {
        "Node Type": "Bitmap Heap Scan",
        "Relation Name": "t",
        "Actual Rows": 30,
        "Rows Removed by Index Recheck": 10,
        "Actual Loops": 1,
        "Plans": [index],
    }
    assert units(heap) == {("t", "read"): 40, ("t/i", "read"): 40}


def test_a_write_counts_its_rows_and_the_bytes_of_its_log() -> None:
    inner = {"Node Type": "Result", "Actual Rows": 2, "Actual Loops": 1}
    write = {
        "Node Type": "ModifyTable",
        "Relation Name": "t",
        "WAL Bytes": 321,
        "Actual Loops": 1,
        "Plans": [inner],
    }
    assert units(write) == {("t", "write"): 2, ("t", "WAL bytes"): 321}
    insert = {**write, "Tuples Inserted": 1}
    assert units(insert)["t", "write"] == 1


def test_pages_of_long_values_that_a_reply_sends_are_counted() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "t", "Shared Hit Blocks": 3}
    sending = {"Output Volume": 51, "Format": "text", "Shared Hit Blocks": 4}
    uses = consumption({"Plan": scan, "Serialization": sending}, "t")
    assert [(use.dimension, use.units) for use in uses] == [("page", 7)]


def test_pages_of_a_write_are_not_counted_for_each_visit_is_one() -> None:
    write = {"Node Type": "ModifyTable", "Shared Hit Blocks": 9, "WAL Bytes": 200}
    assert units(write) == {("t", "WAL bytes"): 200}


def test_only_a_server_from_version_17_on_is_asked_for_long_values() -> None:
    assert "SERIALIZE" not in prefix(160_009)
    assert "SERIALIZE TEXT" in prefix(170_000)
