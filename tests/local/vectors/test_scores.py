"""Scores to the bit, against figures measured on AWS, and the selection that stands before them."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from tablewright.local.vectors.matrix import Matrix
from tablewright.local.vectors.scoring import exact_scores
from tablewright.local.vectors.values import component_text, pack


def single(value: float) -> float:
    """Round to a 32-bit float."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def f32(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def score(metric: str, query: np.ndarray, stored: np.ndarray) -> float:
    return float(exact_scores(metric, stored[None, :], query)[0])


# Measured on AWS, eu-west-2, 23 September 2026 (floci's scoring tests).
@pytest.mark.parametrize(
    ("stored", "cosine", "euclidean", "dot"),
    [
        ((1.0, 0.0, 0.0), 0.0, 0.0, 1.0),
        ((0.6, 0.8, 0.0), 0.3999999761581421, 0.8944271802902222, 0.6000000238418579),
        ((0.1, 16777217.0, 1.0), 1.0, 16777216.0, 0.10000000149011612),
    ],
)
def test_scores_are_those_the_service_answers(stored, cosine, euclidean, dot):
    query, vector = f32(1.0, 0.0, 0.0), f32(*stored)
    assert score("COSINE", query, vector) == cosine
    assert score("EUCLIDEAN", query, vector) == euclidean
    assert score("DOT_PRODUCT", query, vector) == dot


@pytest.mark.parametrize(("dimensions", "expected"), [(8, 16777222.0), (16, 16777230.0)])
def test_terms_are_added_pairwise_in_single_precision(dimensions, expected):
    # 16777216 + 1 rounds back to 16777216, so the pair of the large term loses its one; of the
    # others none is lost: 16777216 + (8 - 2) and 16777216 + (16 - 2).
    vector = np.ones(dimensions, dtype=np.float32)
    vector[0] = 16777216.0
    assert score("DOT_PRODUCT", np.ones(dimensions, dtype=np.float32), vector) == expected


def test_an_odd_number_of_terms_carries_the_last_one_up():
    # ((1 + 2) + (3 + 4)) + 5, as 3 terms after the first halving: 3, 7, 5
    vector = f32(1, 2, 3, 4, 5)
    assert score("DOT_PRODUCT", f32(1, 1, 1, 1, 1), vector) == 15.0


def test_a_vector_without_length_has_the_cosine_score_one():
    assert score("COSINE", f32(1, 0), f32(0, 0)) == 1.0


def test_the_same_scores_come_out_of_a_slow_tree_of_single_additions():
    def tree(terms: list[float]) -> float:
        while len(terms) > 1:
            pairs = [single(a + b) for a, b in zip(terms[::2], terms[1::2], strict=False)]
            terms = [*pairs, *(terms[-1:] if len(terms) % 2 else [])]
        return terms[0]

    draw = random.Random(7)
    for dimensions in (1, 2, 3, 7, 33, 100, 1023):
        query = [single(draw.uniform(-1, 1)) for _ in range(dimensions)]
        stored = [single(draw.uniform(-1, 1)) for _ in range(dimensions)]
        dot = tree([single(a * b) for a, b in zip(query, stored, strict=True)])
        assert score("DOT_PRODUCT", f32(*query), f32(*stored)) == dot
        squares = [single(single(a - b) ** 2) for a, b in zip(query, stored, strict=True)]
        root = single(tree(squares) ** 0.5)
        assert score("EUCLIDEAN", f32(*query), f32(*stored)) == root


# The same measurement, for the text of returned components.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.000123, "0.000123"),
        (1234567900.0, "1234568000.0"),
        (-1e10, "-10000000000.0"),
        (1.1e-6, "0.0000011"),
        (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"),
        (9e12, "9000000000000.0"),
        (1.5e13, "1.5e13"),
        (3.4e38, "3.4e38"),
        (-0.5, "-0.5"),
        (1e-45, "1e-45"),
    ],
)
def test_components_are_written_as_the_service_writes_them(value, text):
    assert component_text(single(value)) == text


@pytest.mark.parametrize("metric", ["COSINE", "DOT_PRODUCT", "EUCLIDEAN"])
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_a_search_returns_what_scoring_every_vector_returns(metric, scale):
    generator = np.random.default_rng(3)
    matrix = Matrix(37, metric)
    vectors = (generator.standard_normal((700, 37)) * scale).astype(np.float32)
    vectors[100:110] = vectors[5]  # equal scores
    vectors[200] = 0
    for row, vector in enumerate(vectors):
        matrix.put(b"%04d" % row, vector.tobytes(), {})
    for row in (5, 200, 300):
        query = vectors[row] + generator.standard_normal(37).astype(np.float32) * scale * 0.01
        query = query.astype(np.float32)
        scores = exact_scores(metric, vectors, query)
        sign = -1 if metric == "DOT_PRODUCT" else 1
        expected = sorted(range(700), key=lambda row: (sign * float(scores[row]), row))[:12]
        near = matrix.search(query.tobytes(), 12, {})
        assert [int(result.key) for result in near] == expected
        assert [result.score for result in near] == [float(scores[row]) for row in expected]


@pytest.mark.parametrize("metric", ["COSINE", "DOT_PRODUCT", "EUCLIDEAN"])
def test_sums_beyond_the_largest_float_do_not_hide_near_vectors(metric):
    matrix = Matrix(2, metric)
    for row in range(300):
        matrix.put(b"%03d" % row, pack([{"N": "3e38"}, {"N": "3e38"}]), {})
    matrix.put(b"near", pack([{"N": "1"}, {"N": "0"}]), {})
    near = matrix.search(pack([{"N": "1"}, {"N": "0"}]), 1, {})
    assert near[0].key == (b"000" if metric == "DOT_PRODUCT" else b"near")


def test_removed_vectors_are_not_found_and_the_moved_one_is():
    matrix = Matrix(2, "EUCLIDEAN", ["color"])
    draw = random.Random(1)
    known = {}
    for step in range(2_000):
        key = b"%03d" % draw.randrange(400)
        if draw.random() < 0.4 and key in known:
            matrix.remove(key)
            del known[key]
        else:
            known[key] = (float(step), draw.choice(["Sred", "Sblue"]))
            matrix.put(key, pack([{"N": str(step)}, {"N": "0"}]), {"color": known[key][1]})
    assert len(matrix) == len(known)
    for color in ("Sred", "Sblue"):
        expected = sorted((step, key) for key, (step, its) in known.items() if its == color)[:5]
        near = matrix.search(pack([{"N": "-1"}, {"N": "0"}]), 5, {"color": color})
        assert [(result.score - 1, result.key) for result in near] == expected
