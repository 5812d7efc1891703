"""What DynamoDB charges: figures worked out by hand from units and published prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.bill.bill import Bill
from tablewright.bill.prices import PriceBook
from tablewright.bill.savings import with_savings_plan
from tablewright.core.errors import PriceUnknownError, UnsupportedError, UsageError
from tablewright.core.quantities import GB, SECONDS_PER_MONTH
from tablewright.engines.dynamodb.billing import (
    allowances,
    bill_for,
    break_even,
    cheapest_mode,
    table_charges,
)
from tablewright.engines.dynamodb.design import CapacityMode, ModeKind
from tablewright.engines.dynamodb.loads import PatternUnits, ResourceLoad, TableLoad
from tablewright.model.statistics import LoadCurve

BOOK = PriceBook()
BEFORE = BOOK.on("2024-10-31")
HOME = "us-east-1"
D = Decimal


def fixed(rcu: int, wcu: int, reserved_years: int = 0) -> CapacityMode:
    return CapacityMode(
        kind=ModeKind.PROVISIONED, rcu=D(rcu), wcu=D(wcu), reserved_years=reserved_years
    )


def scaled() -> CapacityMode:
    return CapacityMode(kind=ModeKind.AUTO_SCALING)


def table(
    name: str = "t",
    reads: str | int | Decimal = 0,
    writes: str | int | Decimal = 0,
    gb: str = "0",
    *others: ResourceLoad,
    **settings: object,
) -> TableLoad:
    use = PatternUnits(pattern="mix", reads=D(reads), writes=D(writes))
    own = ResourceLoad(name=name, units=(use,), stored_bytes=D(gb) * GB)
    return TableLoad(table=name, resources=(own, *others), **settings)  # type: ignore[arg-type]


def amounts(bill: Bill) -> dict[str, Decimal]:
    return bill.sum_by("what")


AUXEIRA = {
    # Volumes and capacities as planned; current and former totals worked out in its claims table.
    "users": (table("users", 10_000, 1_000, "0.1"), "0.026875", "0.02875"),
    "profiles": (table("profiles", 15_000, 2_000, "0.5"), "0.128125", "0.13125"),
    "reports": (table("reports", 25_000, 5_000, "2"), "0.50625", "0.5125"),
    "projects": (table("projects", 0, 0, "0.2", mode=fixed(5, 2)), "1.4735", "1.4735"),
    "leaderboard": (table("leaderboard", 0, 0, "0.1", mode=fixed(10, 3)), "2.3975", "2.3975"),
    "activity": (table("activity", 0, 0, "0.3", mode=fixed(2, 5)), "2.6373", "2.6373"),
}


@pytest.mark.parametrize("name", AUXEIRA)
def test_auxeira_tables_cost_what_was_worked_out_by_hand(name: str) -> None:
    load, now, before = AUXEIRA[name]
    assert table_charges(load, BOOK, HOME).total == D(now)
    assert table_charges(load, BEFORE, HOME).total == D(before)


def test_auxeira_users_line_by_line() -> None:
    # 10,000 reads x 0.125/M + 1,000 writes x 0.625/M + 0.1 GB x 0.25
    lines = table_charges(AUXEIRA["users"][0], BOOK, HOME).lines
    assert [line.amount for line in lines] == [D("0.00125"), D("0.000625"), D("0.025")]
    assert [line.pattern for line in lines] == ["mix", "mix", ""]


def test_auxeira_projects_line_by_line() -> None:
    # 5 RCU x 730 h x 0.00013 = 0.4745; 2 WCU x 730 h x 0.00065 = 0.949; 0.2 GB x 0.25 = 0.05
    lines = table_charges(AUXEIRA["projects"][0], BOOK, HOME).lines
    assert [line.amount for line in lines] == [D("0.4745"), D("0.949"), D("0.05")]
    assert [line.quantity for line in lines] == [D(3650), D(1460), D("0.2")]


def test_auxeira_as_a_whole_now_before_and_inside_the_free_tier() -> None:
    loads = [load for load, _, _ in AUXEIRA.values()]
    assert bill_for(loads, BOOK, HOME).total == D("7.16955")
    assert bill_for(loads, BEFORE, HOME).total == D("7.1808")
    # 17 RCU, 10 WCU and 3.2 GB are free; 50,000 reads and 8,000 writes on demand are not.
    assert bill_for(loads, BOOK, HOME, free_tier=True).total == D("0.00625") + D("0.005")


@pytest.mark.parametrize(
    ("users", "total"),
    [
        # Ten times the requests and the storage, the same capacity:
        # 0.26875 + 1.28125 + 5.0625 + (1.4235 + 0.5) + (2.3725 + 0.25) + (2.5623 + 0.75)
        (1_000, "14.4708"),
        # 2.6875 + 12.8125 + 50.625 + (1.4235 + 5) + (2.3725 + 2.5) + (2.5623 + 7.5)
        (10_000, "87.4833"),
        # 26.875 + 128.125 + 506.25 + (1.4235 + 50) + (2.3725 + 25) + (2.5623 + 75)
        (100_000, "817.6083"),
    ],
)
def test_auxeira_grows_with_fixed_capacity(users: int, total: str) -> None:
    times = users // 100
    loads = [
        table("users", 10_000 * times, 1_000 * times, str(D("0.1") * times)),
        table("profiles", 15_000 * times, 2_000 * times, str(D("0.5") * times)),
        table("reports", 25_000 * times, 5_000 * times, str(2 * times)),
        table("projects", 0, 0, str(D("0.2") * times), mode=fixed(5, 2)),
        table("leaderboard", 0, 0, str(D("0.1") * times), mode=fixed(10, 3)),
        table("activity", 0, 0, str(D("0.3") * times), mode=fixed(2, 5)),
    ]
    assert bill_for(loads, BOOK, HOME).total == D(total)


@pytest.mark.parametrize(
    ("book", "region", "reads", "writes", "gb", "total"),
    [
        # Screen Time Journey, 10,000 users, 30 days: 383.5 and 1,546.7 units a user and day, and
        # 2.125 GB. 115.05 M x 0.125 + 464.01 M x 0.625 + 0.53125 = 304.91875
        (BOOK, HOME, "383.5", "1546.7", "2.125", "304.91875"),
        (BEFORE, HOME, "383.5", "1546.7", "2.125", "609.30625"),
        # 115.05 x 0.1345 + 464.01 x 0.67 + 2.125 x 0.269
        (BOOK, "eu-north-1", "383.5", "1546.7", "2.125", "326.932550"),
        # the recommended design's requests: 35.85 M x 0.125 + 21.63 M x 0.625
        (BOOK, HOME, "119.5", "72.1", "0", "18"),
        (BEFORE, HOME, "119.5", "72.1", "0", "36"),
        # one unit per call, as claimed: 30 M reads, 3 M writes
        (BEFORE, HOME, "100", "10", "0", "11.25"),
        (BOOK, "eu-north-1", "100", "10", "0", "6.045"),
    ],
)
def test_screen_time_journey_at_given_units(
    book: PriceBook, region: str, reads: str, writes: str, gb: str, total: str
) -> None:
    calls = 10_000 * 30
    load = table("stj", D(reads) * calls, D(writes) * calls, gb)
    assert bill_for([load], book, region).total == D(total)


def test_break_even_is_28_9_percent_now_and_14_4_before() -> None:
    # 0.00065 / (3600 x 0.000000625) = 1040 / 3600; reads give the same.
    assert break_even(BOOK, HOME, "write") == D(1040) / 3600
    assert break_even(BOOK, HOME, "read") == D(1040) / 3600
    assert break_even(BEFORE, HOME) == D(520) / 3600


def test_each_pattern_has_its_own_line_on_each_resource() -> None:
    index = ResourceLoad(
        name="t/by_email",
        kind="gsi",
        units=(PatternUnits(pattern="find", reads=D(2_000_000)),),
        stored_bytes=GB,
    )
    bill = bill_for([table("t", 0, 1_000_000, "1", index)], BOOK, HOME)
    assert bill.sum_by("pattern") == {"mix": D("0.625"), "": D("0.5"), "find": D("0.25")}
    assert bill.sum_by("resource") == {"t": D("0.875"), "t/by_email": D("0.5")}


def test_recovery_is_charged_for_table_and_local_index_but_not_for_global_ones() -> None:
    local = ResourceLoad(name="t/l", kind="lsi", stored_bytes=2 * GB)
    far = ResourceLoad(name="t/g", kind="gsi", stored_bytes=4 * GB)
    bill = bill_for([table("t", 0, 0, "1", local, far, pitr=True)], BOOK, HOME)
    assert amounts(bill)["point-in-time recovery"] == D("0.6")  # 3 GB x 0.20
    assert amounts(bill)["storage"] == D("1.75")


def test_backups_restore_exports_and_streams() -> None:
    load = table(
        backup_gb=D(10),
        restore_gb=D(2),
        export_gb=D(3),
        incremental_export_gb=D(4),
        stream_reads=D(5_000_000),
    )
    assert amounts(bill_for([load], BOOK, HOME)) == {
        "on-demand backups": D("1"),  # 10 x 0.10
        "restore": D("0.3"),  # 2 x 0.15
        "export to S3": D("0.3"),  # 3 x 0.10
        "incremental export": D("0.4"),
        "stream reads": D("1"),  # 5 M x 0.02 / 100,000
    }


def test_data_out_is_charged_by_steps() -> None:
    # 10 TB x 0.09, 40 TB x 0.085, and 1,024 GB of the third step x 0.07
    load = table(data_out_gb=D(10_240 + 40_960 + 1_024))
    total = D("921.6") + D("3481.6") + D("71.68")
    assert amounts(bill_for([load], BOOK, HOME)) == {"data out to the internet": total}


def test_a_step_without_a_price_is_an_error() -> None:
    with pytest.raises(PriceUnknownError, match=r"internet\.tier2 in eu-north-1"):
        bill_for([table(data_out_gb=D(10_241))], BOOK, "eu-north-1")


def test_a_global_table_writes_replicated_units_in_every_region() -> None:
    # Table: 1 M rWRU in us-east-1 (0.625) and eu-west-1 (0.705). Its global index: plain units in
    # both. Storage 1 GB in both. 2 GB sent over at 0.02.
    index = ResourceLoad(
        name="t/g", kind="gsi", units=(PatternUnits(pattern="mix", writes=D(1_000_000)),)
    )
    load = table("t", 0, 1_000_000, "1", index, replicas=("eu-west-1",), replicated_gb=D(2))
    bill = bill_for([load], BOOK, HOME)
    assert amounts(bill) == {
        "replicated write request units": D("1.33"),
        "write request units": D("1.33"),
        "storage": D("0.533"),
        "replication between regions": D("0.04"),
    }
    assert bill.sum_by("region")["eu-west-1"] == D("0.705") * 2 + D("0.283")


def test_deletions_by_ttl_are_charged_in_every_replica() -> None:
    # 1 M units of deletions: free in us-east-1, 0.705 a million rWRU in eu-west-1.
    load = table("t", 0, 0, "0", replicas=("eu-west-1",), expired_writes=D(1_000_000))
    bill = bill_for([load], BOOK, HOME)
    assert bill.sum_by("region") == {"eu-west-1": D("0.705")}
    assert bill.lines[0].note == "deletions by TTL, replicated"


def test_replicated_writes_cost_more_before_the_cut() -> None:
    # 1.875 was read for us-east-1 alone: the other region is an error, not a guess.
    load = table("t", 0, 1_000_000, replicas=("us-west-2",))
    with pytest.raises(PriceUnknownError, match=r"rwru\.standard in us-west-2"):
        bill_for([load], BEFORE, HOME)
    given = BEFORE.with_prices(["aws.dynamodb.ondemand.rwru.standard.us-west-2=1.875"])
    assert bill_for([load], given, HOME).total == D("3.75")


def test_a_local_index_shares_the_capacity_of_its_table_and_a_global_one_has_its_own() -> None:
    month = SECONDS_PER_MONTH
    local = ResourceLoad(
        name="t/l", kind="lsi", units=(PatternUnits(pattern="p", writes=7 * month),)
    )
    far = ResourceLoad(name="t/g", kind="gsi", units=(PatternUnits(pattern="p", reads=7 * month),))
    load = table("t", 0, 7 * month, "0", local, far, mode=scaled())
    sums = bill_for([load], BOOK, HOME).units_by("resource")
    # Table: 14 writes / 0.7 = 20 WCU and the least of 1 RCU; index: 10 RCU and 1 WCU.
    hours = {name: quantity / 730 for name, quantity in sums.items() if "hour" in name[1]}
    assert hours == {
        ("t", "RCU-hour"): 1,
        ("t/g", "RCU-hour"): 10,
        ("t", "WCU-hour"): 20,
        ("t/g", "WCU-hour"): 1,
    }


def test_provisioned_capacity_belongs_to_the_patterns_that_use_it_and_the_rest_to_none() -> None:
    # 10 WCU: 4 a second for one pattern, 2 for another, 4 unused. A unit costs 0.4745 a month.
    units = (
        PatternUnits(pattern="save", writes=4 * SECONDS_PER_MONTH),
        PatternUnits(pattern="sign", writes=2 * SECONDS_PER_MONTH),
    )
    load = TableLoad(table="t", resources=(ResourceLoad(name="t", units=units),), mode=fixed(0, 10))
    assert bill_for([load], BOOK, HOME).sum_by("pattern") == {
        "save": D("1.898"),
        "sign": D("0.949"),
        "": D("1.898"),
    }


def test_a_load_above_fixed_capacity_is_a_warning_with_its_share() -> None:
    month = SECONDS_PER_MONTH
    index = ResourceLoad(
        name="t/g", kind="gsi", units=(PatternUnits(pattern="p", writes=10 * month),)
    )
    bill = bill_for([table("t", 0, 0, "0", index, mode=fixed(8, 8))], BOOK, HOME)
    assert len(bill.warnings) == 1
    assert "t/g in us-east-1: 20.00 % of the writes exceed" in bill.warnings[0]
    assert "holds up the writes of its table" in bill.warnings[0]


@pytest.mark.parametrize(("years", "total"), [(1, "21.844"), (3, "10.913")])
def test_reserved_capacity_by_hand(years: int, total: str) -> None:
    # 100 WCU all month cost 47.45. One year: 150 / 12 + 0.0128 x 730 = 21.844, 54 % less; three:
    # 180 / 36 + 0.0081 x 730 = 10.913, 77 % less, as the vendor's page says.
    load = table(mode=fixed(0, 100, reserved_years=years))
    assert round(table_charges(load, BOOK, HOME).total, 6) == D(total)


def test_reserved_capacity_is_bought_by_the_hundred_and_only_where_it_pays() -> None:
    # 130 WCU: one lot and 30 units by the hour (14.235), for a second lot would cost 21.844.
    load = table(mode=fixed(0, 130, reserved_years=1))
    assert round(table_charges(load, BOOK, HOME).total, 6) == D("36.079")
    # 40 WCU cost 18.98: no lot is bought.
    small = table_charges(table(mode=fixed(0, 40, reserved_years=1)), BOOK, HOME)
    assert [line.what for line in small.lines] == ["write capacity unit-hours"]


def test_reserved_capacity_is_bought_for_all_tables_together() -> None:
    # 50 and 50 WCU: one lot of 100 for 150 / 12 + 0.0128 x 730 = 21.844, where two lots cost 43.688
    # and the units by the hour 47.45. Each table pays half.
    mode = fixed(0, 50, reserved_years=1)
    bill = bill_for([table("a", mode=mode), table("b", mode=mode)], BOOK, HOME)
    assert round(bill.total, 6) == D("21.844")
    assert {k: round(v, 3) for k, v in bill.sum_by("where").items()} == {
        "a": D("10.922"),
        "b": D("10.922"),
    }
    # A table without a reservation takes no part: 50 units by the hour cost 23.725 either way.
    mixed = bill_for([table("a", mode=mode), table("b", mode=fixed(0, 50))], BOOK, HOME)
    assert round(mixed.sum_by("where")["b"], 6) == D("23.725")


def test_a_reservation_covers_the_first_tables_first_and_its_price_follows_what_it_covers() -> None:
    # 90 and 30 WCU = 120: one lot of 100 (21.844) and 20 units by the hour (9.49), for a second
    # lot costs more. The lot covers 90 of a and 10 of b: 90 % and 10 % of its price.
    loads = [table(n, mode=fixed(0, wcu, reserved_years=1)) for n, wcu in (("a", 90), ("b", 30))]
    sums = bill_for(loads, BOOK, HOME).sum_by("where")
    assert {k: round(v, 4) for k, v in sums.items()} == {"a": D("19.6596"), "b": D("11.6744")}


def test_auto_scaling_pays_for_its_alarms() -> None:
    # eight alarms on the table and eight on its index, 0.10 each: 1.60
    index = ResourceLoad(name="t/g", kind="gsi")
    bill = bill_for([table("t", 0, 0, "0", index, mode=scaled())], BOOK, HOME)
    assert amounts(bill)["CloudWatch alarms of auto scaling"] == D("1.60")
    assert "CloudWatch" not in " ".join(bill.left_out)


def test_alarms_without_a_price_are_named() -> None:
    bill = bill_for([table(mode=scaled())], BOOK, "eu-north-1")
    assert "CloudWatch alarms of auto scaling" not in amounts(bill)
    assert any("alarms" in text and "eu-north-1" in text for text in bill.left_out)


def test_reserved_capacity_is_refused_where_it_does_not_exist() -> None:
    with pytest.raises(UnsupportedError, match="provisioned Standard tables only"):
        bill_for([table(mode=fixed(1, 1, reserved_years=1), infrequent_access=True)], BOOK, HOME)


def test_provisioned_without_capacity_is_an_error() -> None:
    with pytest.raises(UsageError, match="states no capacity"):
        bill_for([table(mode=CapacityMode(kind=ModeKind.PROVISIONED))], BOOK, HOME)


def test_infrequent_access_pays_when_storage_outweighs_requests() -> None:
    # 400 GB cost 100 as Standard and 40 as Standard-IA; writes cost 0.625 and 0.78 a million. The
    # 60 saved equal 0.155 x 387 million writes, which cost 241.9 as Standard: 0.413 of storage.
    for writes, winner in ((380_000_000, "on-demand, Standard-IA"), (395_000_000, "on-demand")):
        found = cheapest_mode(table("t", 0, writes, "400"), BOOK, HOME)
        ondemand = [c.name for c in found if c.name.startswith("on-demand")]
        assert ondemand[0] == winner


def test_the_cheapest_mode_changes_at_the_break_even() -> None:
    # 1,000 writes a second all day, steadily: 1,429 WCU x 0.4745 = 678 against 1,642 on demand.
    steady = table("t", 0, 1_000 * SECONDS_PER_MONTH)
    names = [c.name for c in cheapest_mode(steady, BOOK, HOME)]
    assert names.index("auto-scaling") < names.index("on-demand")
    # One hour a day: the other 23 hours are provisioned at the minimum, but the busy one is
    # raised and lowered late.
    busy = LoadCurve.of([24] + [0] * 23)
    rare = table("t", 0, SECONDS_PER_MONTH / 24, curve=busy)
    assert cheapest_mode(rare, BOOK, HOME)[0].name == "on-demand"


def test_candidates_without_a_price_come_last_with_the_reason() -> None:
    found = cheapest_mode(table("t", 1_000_000, 1_000_000, "1"), BOOK, "eu-north-1")
    assert len(found) == 6
    # Reserved for three years and provisioned Standard-IA are not in the book for this region.
    last = [c for c in found if c.total is None]
    assert {c.name for c in last} == {"reserved 3y", "auto-scaling, Standard-IA"}
    assert found[-2:] == tuple(last)
    assert all("price unknown" in c.cannot for c in last)


def test_the_free_tier_never_covers_request_units_or_infrequent_access() -> None:
    load = table("t", 1_000_000, 1_000_000, "30", infrequent_access=True)
    assert list(allowances(table_charges(load, BOOK, HOME).lines, BOOK)) == []


def test_the_free_tier_takes_25_gb_off_all_tables_together() -> None:
    loads = [table("a", 0, 0, "20"), table("b", 0, 0, "20")]
    bill = bill_for(loads, BOOK, HOME, free_tier=True)
    [line] = bill.free_tier
    assert (line.quantity, line.amount) == (D(-25), D("-6.25"))
    assert bill.total == D("3.75")


def test_a_bill_says_what_it_rests_on() -> None:
    bill = bill_for([table("t", 1, 1, "1")], BOOK, "us-west-2")
    assert bill.prices_as_of == "2025-12-02 to 2026-09-28"
    assert any("storage, Standard in us-west-2 was not read" in a for a in bill.assumptions)
    assert "the free tier" in bill.left_out
    assert bill_for([table()], BEFORE, HOME).prices_as_of == "2024-10-31"


def test_a_bill_says_which_day_it_assumes_where_capacity_is_provisioned() -> None:
    def assumed(**settings: object) -> str:
        return " ".join(bill_for([table("t", 1, 1, "1", **settings)], BOOK, HOME).assumptions)

    assert "the same in every minute" in assumed(mode=scaled())
    assert "to 3 times its mean" in assumed(mode=scaled(), curve=LoadCurve.peaked(D(3)))
    told = assumed(mode=scaled(), curve=LoadCurve.of([1] * 23 + [2]))
    assert "its mean" not in told
    assert "every minute" not in told
    assert "every minute" not in assumed()


amount = st.integers(min_value=0, max_value=10**10)


@given(amount, amount, amount, amount)
@settings(max_examples=50, deadline=None)
def test_more_traffic_never_costs_less(reads: int, writes: int, more: int, gb: int) -> None:
    for mode in (CapacityMode(), scaled()):
        small = table("t", reads, writes, str(gb % 1000), mode=mode)
        large = table("t", reads + more, writes + more, str(gb % 1000), mode=mode)
        assert bill_for([small], BOOK, HOME).total <= bill_for([large], BOOK, HOME).total


@given(amount, amount, st.integers(0, 200), st.booleans())
@settings(max_examples=50, deadline=None)
def test_the_free_tier_never_makes_a_bill_negative(
    reads: int, writes: int, gb: int, steady: bool
) -> None:
    mode = scaled() if steady else CapacityMode()
    load = table("t", reads, writes, str(gb), mode=mode, stream_reads=D(reads))
    bill = bill_for([load], BOOK, HOME, free_tier=True)
    without = bill_for([load], BOOK, HOME)
    assert 0 <= bill.total <= without.total
    assert sum(line.amount for line in bill.all_lines) == bill.total


@given(st.lists(amount, min_size=1, max_size=6), st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_the_parts_of_provisioned_capacity_add_up_to_the_whole(writes: list[int], wcu: int) -> None:
    units = tuple(PatternUnits(pattern=f"p{i}", writes=D(w)) for i, w in enumerate(writes))
    load = TableLoad(
        table="t", resources=(ResourceLoad(name="t", units=units),), mode=fixed(0, wcu)
    )
    lines = table_charges(load, BOOK, HOME).lines
    assert sum(line.quantity for line in lines) == 730 * wcu
    assert all(line.quantity > 0 for line in lines)


def test_a_savings_plan_lowers_requests_and_capacity_alone() -> None:
    # 1 M writes 0.5125 for 0.625, 1 M reads 0.1025 for 0.125, 4 GB at 0.25 as they are
    bill = bill_for([table("t", 1_000_000, 1_000_000, "4")], BOOK, HOME)
    plan = with_savings_plan(bill, BOOK)
    assert plan is not None
    assert plan.usd_per_month == D("1.615")
    assert bill.total == D("1.75")
    assert plan.read == "2026-06-16"
    # Standard-IA has no rate, and what has none is not guessed
    rare = bill_for([table("t", 0, 1_000_000, infrequent_access=True)], BOOK, HOME)
    assert with_savings_plan(rare, BOOK) is None


def test_a_savings_plan_says_when_and_for_what_its_rates_were_read() -> None:
    bill = bill_for([table("t", 1_000_000, 1_000_000, "4")], BOOK, HOME)
    plan = with_savings_plan(bill, BOOK)
    assert plan is not None
    assert plan.note.startswith("Read for Amazon Keyspaces (18 % off).")
    # The user's own rates have no day.
    own = BOOK.with_prices(
        ["aws.savings-plans.twin.ondemand.wru=0.4", "aws.savings-plans.twin.ondemand.rru=0.1"]
    )
    plan = with_savings_plan(bill, own)
    assert plan is not None
    assert (plan.usd_per_month, plan.read) == (D("1.5"), "")
    # A bill that nobody can put a figure to has none with a plan either.
    assert with_savings_plan(replace(bill, no_figure="no price is known"), BOOK) is None
