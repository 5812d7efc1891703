from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tablewright.core.errors import EngineError
from tablewright.local.storage import KeyValueStore


@pytest.fixture(params=["memory", "file", "durable"])
def store(request, tmp_path: Path):
    path = None if request.param == "memory" else tmp_path / "store.db"
    made = KeyValueStore(path, durable=request.param == "durable")
    with made.writing:
        made.create(1)
    yield made
    made.close()


def rows(store: KeyValueStore, **bounds) -> list[bytes]:
    with store.reading:
        return [key for key, _, _ in store.range(1, **bounds)]


def fail_after_writing(store: KeyValueStore, key: bytes) -> None:
    with suppress(RuntimeError), store.writing:
        store.put(1, key, 1, b"x")
        raise RuntimeError


def test_rows_come_in_key_order_and_backwards(store: KeyValueStore):
    with store.writing:
        for key in (b"b", b"a", b"a\x00", b"\xff"):
            store.put(1, key, 1, key)
    assert rows(store) == [b"a", b"a\x00", b"b", b"\xff"]
    assert rows(store, is_reverse=True) == [b"\xff", b"b", b"a\x00", b"a"]
    assert rows(store, low=b"a\x00", high=b"b") == [b"a\x00"]
    assert rows(store, low=b"a", high=b"c", is_reverse=True, limit=1) == [b"b"]


def test_a_put_replaces_and_a_delete_removes(store: KeyValueStore):
    with store.writing:
        store.put(1, b"k", 3, b"old")
        store.put(1, b"k", 5, b"newer")
    with store.reading:
        assert store.get(1, b"k") == (5, b"newer")
    with store.writing:
        store.delete(1, b"k")
        store.delete(1, b"absent")
    assert rows(store) == []


def test_a_block_that_raises_leaves_nothing_behind(store: KeyValueStore):
    with store.writing:
        store.put(1, b"kept", 1, b"x")
    fail_after_writing(store, b"lost")
    assert rows(store) == [b"kept"]


def test_a_failing_block_in_a_group_undoes_only_itself(store: KeyValueStore):
    with store.group():
        with store.writing:
            store.put(1, b"a", 1, b"x")
        fail_after_writing(store, b"b")
        with store.writing:
            store.put(1, b"c", 1, b"x")
    assert rows(store) == [b"a", b"c"]


def test_blocks_nest_and_the_outermost_decides(store: KeyValueStore):
    with suppress(RuntimeError), store.writing:
        with store.writing:
            store.put(1, b"a", 1, b"x")
        raise RuntimeError
    assert rows(store) == []


def test_threads_that_write_together_are_all_stored(store: KeyValueStore):
    def work(name: int) -> None:
        for i in range(50):
            with store.writing:
                store.put(1, b"%d-%d" % (name, i), 1, b"x")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(rows(store)) == 400


def test_blocks_inside_of_others_never_wait_for_a_commit_that_cannot_come(store: KeyValueStore):
    def work(name: int) -> None:
        for i in range(30):
            key = b"%d-%d" % (name, i)
            if name % 3 == 0:
                with store.reading, store.writing:
                    store.put(1, key, 1, b"x")
            elif name % 3 == 1:
                with store.group():
                    with store.writing:
                        store.put(1, key, 1, b"x")
                    with store.reading:
                        assert store.get(1, key) == (1, b"x")
            else:
                with store.writing:
                    store.put(1, key, 1, b"x")
                with store.reading, store.reading:
                    assert store.get(1, key) == (1, b"x")

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert len(rows(store)) == 180


def test_totals_add_the_sizes(store: KeyValueStore):
    with store.writing:
        for i in range(10):
            store.put(1, b"%d" % i, i, b"x")
    with store.reading:
        assert store.totals(1) == (10, 45)
        assert store.range_bytes(1, b"3", b"5") == 3 + 4


def test_what_was_written_is_there_after_reopening(tmp_path: Path):
    store = KeyValueStore(tmp_path / "a.db")
    with store.writing:
        store.create(1)
        store.put(1, b"k", 1, b"v")
    store.close()
    store.close()
    again = KeyValueStore(tmp_path / "a.db")
    with again.reading:
        assert again.get(1, b"k") == (1, b"v")
    again.close()


def test_a_closed_store_says_so(tmp_path: Path):
    store = KeyValueStore(tmp_path / "a.db")
    store.close()
    with pytest.raises(EngineError, match="closed"), store.reading:
        pass
    with pytest.raises(EngineError, match="closed"), store.writing:
        pass


def test_a_file_in_use_is_refused(tmp_path: Path):
    store = KeyValueStore(tmp_path / "a.db")
    with pytest.raises(EngineError, match="in use"):
        KeyValueStore(tmp_path / "a.db")
    store.close()
    KeyValueStore(tmp_path / "a.db").close()


def test_a_damaged_file_is_refused(tmp_path: Path):
    path = tmp_path / "a.db"
    path.write_bytes(b"this is not a database " * 1000)
    with pytest.raises(EngineError, match="damaged"):
        KeyValueStore(path)


def test_a_file_of_another_version_is_refused(tmp_path: Path):
    path = tmp_path / "a.db"
    KeyValueStore(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    with pytest.raises(EngineError, match="format 99"):
        KeyValueStore(path)


def test_a_file_of_another_program_is_refused(tmp_path: Path):
    path = tmp_path / "a.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (a)")
    db.commit()
    db.close()
    with pytest.raises(EngineError, match="another program"):
        KeyValueStore(path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path):
    with pytest.raises(EngineError, match="cannot open"):
        KeyValueStore(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path):
    with pytest.raises(EngineError, match="does not exist"):
        KeyValueStore(tmp_path / "nowhere" / "a.db")


def test_a_full_disk_refuses_the_write_and_keeps_the_others(tmp_path: Path):
    store = KeyValueStore(tmp_path / "a.db")
    with store.writing:
        store.create(1)
        store.put(1, b"first", 1, b"x")
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises((EngineError, sqlite3.Error), match="full"):
        fill(store)
    store._db.execute("PRAGMA max_page_count = 100000")
    with store.writing:
        store.put(1, b"second", 1, b"x")
    assert rows(store) == [b"first", b"second"]
    store.close()


def fill(store: KeyValueStore) -> None:
    with store.writing:
        for i in range(100):
            store.put(1, b"%d" % i, 1, b"x" * 4000)
