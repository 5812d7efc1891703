"""Every example in a docstring runs, and gives what it says; every module can be imported."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from importlib.machinery import FileFinder
from pathlib import Path

import pytest

import tablewright
import tablewright_services


def modules() -> Iterator[tuple[str, str]]:
    """Yield the modules of both packages, each with its text."""
    for package in (tablewright, tablewright_services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            assert isinstance(module.module_finder, FileFinder)
            spec = module.module_finder.find_spec(module.name)
            if spec is not None and spec.origin and module.name != "tablewright.__main__":
                yield module.name, Path(spec.origin).read_text(encoding="utf-8")


MODULES = dict(sorted(modules()))
WITH_EXAMPLES = [name for name, text in MODULES.items() if ">>>" in text]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_hold(name):
    # As `doctest.testmod`, which for each docstring without examples looks whether any file changed
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(importlib.import_module(name)):
        if test.examples:
            runner.run(test)
    assert runner.tries > 0
    assert runner.failures == 0, f"{runner.failures} of {runner.tries} examples"


def test_there_are_examples_to_run():
    assert len(WITH_EXAMPLES) > 100


def test_every_module_can_be_imported():
    assert all(importlib.import_module(name).__name__ == name for name in MODULES)
