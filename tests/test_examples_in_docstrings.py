"""Every example in a docstring runs, and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tablewright
import tablewright_services

MODULES = sorted(
    module.name
    for package in (tablewright, tablewright_services)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if module.name != "tablewright.__main__"
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0, f"{outcome.failed} of {outcome.attempted} examples"


def test_there_are_examples_to_run():
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name))]
    assert sum(bool(test.examples) for test in found) > 100
