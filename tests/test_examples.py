"""The examples in docstrings do what they say they do."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tablewright

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(tablewright.__path__, "tablewright.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_docstrings_hold(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name))]
    assert sum(bool(test.examples) for test in found) > 100
