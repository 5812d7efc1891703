"""Approximate search: it looks into some vectors only, with a recall that was measured."""

from __future__ import annotations

import numpy as np
import pytest

from local_vectors import create, keys_and_scores, put, search, vector_index
from tablewright.core.errors import UsageError
from tablewright.local.database import Database
from tablewright.local.realism import change_realism
from tablewright.local.vectors.approximate import measured, probes_for
from tablewright.local.vectors.matrix import Matrix

DIMENSIONS = 24


def scattered(count: int, seed: int = 5) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((count, DIMENSIONS)).astype(np.float32)


def matrix_of(vectors: np.ndarray, metric: str = "COSINE") -> Matrix:
    matrix = Matrix(DIMENSIONS, metric)
    matrix.extend([(b"%06d" % row, vector.tobytes(), {}) for row, vector in enumerate(vectors)])
    return matrix


@pytest.mark.parametrize("metric", ["COSINE", "EUCLIDEAN", "DOT_PRODUCT"])
def test_the_recall_asked_for_is_reached_on_queries_that_were_not_measured(metric):
    vectors = scattered(4_000)
    matrix = matrix_of(vectors, metric)
    probes = probes_for(matrix, 0.9)
    assert probes is not None
    assert measured(matrix, 0.9).recall >= 0.9
    # with scattered vectors a cluster says little: some, but not all have to be looked into
    assert 1 < probes < len(matrix.clusters.centers)
    queries = vectors[::400] + 0.05 * scattered(10, seed=6)
    shares = []
    for query in queries.astype(np.float32):
        exact = {near.key for near in matrix.search(query.tobytes(), 10, {})}
        near = matrix.search(query.tobytes(), 10, {}, probes=probes)
        shares.append(len({result.key for result in near} & exact) / 10)
    assert sum(shares) / len(shares) >= 0.8


def test_more_recall_looks_into_more_clusters_and_all_of_it_is_exact():
    matrix = matrix_of(scattered(3_000))
    assert probes_for(matrix, 0.5) < probes_for(matrix, 0.95)
    assert probes_for(matrix, 1.0) is None
    assert probes_for(matrix_of(scattered(999)), 0.5) is None


def test_the_choice_is_the_same_every_time():
    first, second = matrix_of(scattered(2_000)), matrix_of(scattered(2_000))
    assert probes_for(first, 0.8) == probes_for(second, 0.8)
    query = scattered(1, seed=9)[0].tobytes()
    assert first.search(query, 10, {}, probes=2) == second.search(query, 10, {}, probes=2)


def test_vectors_written_and_removed_later_are_found_and_not_found():
    vectors = scattered(1_500)
    matrix = matrix_of(vectors)
    probes_for(matrix, 0.9)
    clusters = len(matrix.clusters.centers)
    for row in range(0, 1_500, 3):
        matrix.remove(b"%06d" % row)
    new = scattered(300, seed=11)
    for row, vector in enumerate(new):
        matrix.put(b"new%03d" % row, vector.tobytes(), {})
    for row in range(0, 300, 7):
        (near,) = matrix.search(new[row].tobytes(), 1, {}, probes=1)
        assert near.key == b"new%03d" % row
    for row in (1, 2, 400, 1_499):
        (near,) = matrix.search(vectors[row].tobytes(), 1, {}, probes=1)
        assert near.key == b"%06d" % row
    (gone,) = matrix.search(vectors[3].tobytes(), 1, {}, probes=clusters)
    assert gone.key != b"000003"


def test_realism_switches_it_on_and_off_and_checks_its_options():
    with Database() as database:
        create(database, vector_index())
        put(database, "a", 1, 0, 0)
        change_realism(database, {"vector_recall": 0.5})
        assert database.engine.vector_recall == 0.5
        assert keys_and_scores(search(database, 1, 0, 0)) == [("a", 0.0)]
        for wrong in ({"vector_recall": 0}, {"vector_recall": "x"}, {"vector_index_seconds": -1}):
            with pytest.raises(UsageError):
                change_realism(database, wrong)
        change_realism(database, {})
        assert database.engine.vector_recall is None


def test_a_lagging_search_does_not_see_a_new_item():
    now = [1_000.0]
    with Database(clock=lambda: now[0]) as database:
        create(database, vector_index())
        put(database, "a", 1, 0, 0)
        change_realism(database, {"lag_ms": 500})
        put(database, "b", 1, 0, 0)
        assert [key for key, _ in keys_and_scores(search(database, 1, 0, 0))] == ["a"]
        now[0] += 1
        assert [key for key, _ in keys_and_scores(search(database, 1, 0, 0))] == ["a", "b"]
