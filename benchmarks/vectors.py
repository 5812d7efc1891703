"""Vector search: exact searches beside the speed of memory, approximate ones with their recall.

    python benchmarks/vectors.py                              100,000 vectors of 1,024 dimensions
    python benchmarks/vectors.py --vectors 1000000            4.1 GB of memory
    python benchmarks/vectors.py --table 20000                also through a database in a file

An exact search cannot be faster than one reading of all vectors. The limit is the best of three
ways to read the same bytes (a copy counts its reading and its writing), measured in the same run.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tablewright.local.database import Database
from tablewright.local.vectors.approximate import Clusters, measured, probes_for
from tablewright.local.vectors.matrix import Matrix

ROUNDS = 5
CHUNK = 4_096


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the best time of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def resident_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def clustered(generator: np.random.Generator, count: int, centers: np.ndarray) -> np.ndarray:
    """Return vectors around centers, as embeddings lie: not evenly in all directions."""
    chosen = centers[generator.integers(0, len(centers), count)]
    noise = generator.standard_normal((count, centers.shape[1]), dtype=np.float32)
    return chosen + 0.7 * noise


def filled(metric: str, vectors: int, dimensions: int) -> tuple[Matrix, list[bytes]]:
    """Return a matrix of vectors, and queries like them."""
    generator = np.random.default_rng(1)
    centers = generator.standard_normal((1_000, dimensions), dtype=np.float32)
    matrix = Matrix(dimensions, metric)
    for low in range(0, vectors, CHUNK):
        rows = clustered(generator, min(CHUNK, vectors - low), centers)
        matrix.extend(
            [(b"%08d" % (low + place), row.tobytes(), {}) for place, row in enumerate(rows)]
        )
    queries = [query.tobytes() for query in clustered(generator, 20, centers)]
    return matrix, queries


def reading_seconds(matrix: Matrix) -> float:
    """Return the shortest time in which all vectors can be read."""
    query = np.ones(matrix.dimensions, dtype=np.float32)

    def through(use: Callable[[Any], object]) -> float:
        return seconds(lambda: matrix.each_block(lambda _, block: use(block)))

    target = np.empty((0,), dtype=np.float32)

    def copy(block: Any) -> None:
        nonlocal target
        if target.size != block.size:
            target = np.empty(block.size, dtype=np.float32)
        np.copyto(target, block.reshape(-1))

    return min(through(lambda block: block @ query), through(np.max), through(copy) / 2)


def exact(vectors: int, dimensions: int) -> None:
    print("exact search, k = 10        seconds   GB/s   times the reading of all vectors")
    for metric in ("COSINE", "EUCLIDEAN", "DOT_PRODUCT"):
        matrix, queries = filled(metric, vectors, dimensions)
        limit = reading_seconds(matrix)
        size = 4 * vectors * dimensions / 1e9
        pending = iter(queries * ROUNDS)
        took = seconds(partial(search_next, matrix, pending))
        print(f"{metric:12}{took:23.4f}{size / took:8.1f}{took / limit:10.2f}")
        if metric == "COSINE":
            print(f"{'(reading)':12}{limit:23.4f}{size / limit:8.1f}")
            print(f"most memory so far: {resident_gib():.2f} GiB")
            approximate(matrix, queries)


def search_next(matrix: Matrix, queries: Iterator[bytes], probes: int | None = None) -> None:
    matrix.search(next(queries), 10, {}, probes=probes)


def approximate(matrix: Matrix, queries: list[bytes]) -> None:
    print("approximate      clusters  looked into  recall of 10 (worst)  on other queries  seconds")
    start = time.perf_counter()
    matrix.clusters = Clusters(matrix)
    built = time.perf_counter() - start
    truth = [{near.key for near in matrix.search(query, 10, {})} for query in queries]
    for recall in (0.9, 0.99):
        probes = probes_for(matrix, recall)
        probing = measured(matrix, recall)
        shares = [
            len({near.key for near in matrix.search(query, 10, {}, probes=probes)} & expected) / 10
            for query, expected in zip(queries, truth, strict=True)
        ]
        pending = iter(queries)
        took = seconds(partial(search_next, matrix, pending, probes))
        print(
            f"recall {recall:<10}{probing.clusters:8,}{probing.probes:13,}{probing.recall:15.3f}"
            f" ({probing.worst:.1f}){sum(shares) / len(shares):18.3f}{took:9.4f}"
        )
    print(f"clusters built in {built:.1f} s")


def table(items: int, dimensions: int) -> None:
    """Write items through the engine into a file, open it again and search."""
    generator = np.random.default_rng(2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.db"
        with Database(path) as database:
            database.call(
                "CreateTable",
                {
                    "TableName": "things",
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "VectorIndexes": [
                        {
                            "IndexName": "near",
                            "VectorAttribute": {"AttributeName": "embedding"},
                            "Dimensions": dimensions,
                            "DistanceFunction": "COSINE",
                            "Projection": {"ProjectionType": "KEYS_ONLY"},
                        }
                    ],
                },
            )
            start = time.perf_counter()
            for number in range(items):
                row = generator.standard_normal(dimensions).round(7).tolist()
                vector = {"L": [{"N": repr(value)} for value in row]}
                item = {"pk": {"S": f"{number:08}"}, "embedding": vector}
                database.call("PutItem", {"TableName": "things", "Item": item})
            took = time.perf_counter() - start
            print(f"through the engine: {items:,} puts, {1e6 * took / items:.0f} µs each")
        request = {
            "TableName": "things",
            "IndexName": "near",
            "SearchVector": [{"N": "0.5"}] * dimensions,
            "TopK": 10,
        }
        with Database(path) as database:
            first = seconds(lambda: database.call("SearchVectors", request), 1)
            later = seconds(lambda: database.call("SearchVectors", request))
        print(
            f"opened again ({path.stat().st_size / 1e6:,.0f} MB): first search {first:.3f} s, "
            f"later ones {later:.4f} s"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--vectors", type=int, default=100_000)
    options.add_argument("--dimensions", type=int, default=1_024)
    options.add_argument("--table", type=int, default=2_000, metavar="ITEMS")
    chosen = options.parse_args()
    print(f"{chosen.vectors:,} vectors of {chosen.dimensions:,} dimensions")
    exact(chosen.vectors, chosen.dimensions)
    print(f"most memory: {resident_gib():.2f} GiB")
    if chosen.table:
        table(chosen.table, chosen.dimensions)


if __name__ == "__main__":
    main()
