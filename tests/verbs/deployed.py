"""Folders of `deploy` for the tests: every option of an application, in every format."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from tablewright import apps, read_model
from tablewright.core.errors import UnsupportedError
from tablewright.session import Options, Session
from tablewright.verbs.deploy import deploy, deploy_options
from yaml_files import SafeLoader

FORMATS = ("cloudformation", "sam", "terraform")


@cache
def session_of(app):
    """Return the session of an application, which no test changes and that writes elsewhere."""
    return Session(read_model(apps.read(app), "model.yaml"), Options())


def options_of(session):
    return [row.name for row in deploy_options(session).options if row.is_deployable]


def written(app, root, options=None, formats=FORMATS, **more):
    """Write options of an application and yield (option, format, folder) of each."""
    session = session_of(app)
    for option in options or options_of(session):
        for file_format in formats:
            folder = Path(root) / app / option / file_format
            try:
                deploy(session, option=option, file_format=file_format, out=folder, **more)
            except UnsupportedError as problem:
                if file_format != "sam" or "no functions" not in problem.message:
                    raise
                continue
            yield option, file_format, folder


def files(folder):
    """Return the texts of a folder by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


class _Loader(SafeLoader):
    """Reads a template; its short tags become texts."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: f"{suffix} {node.value}")


def template(text):
    """Return a template as data; references are texts such as `Ref Users`."""
    return yaml.load(text, _Loader)
