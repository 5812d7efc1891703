"""References to files, as they are once the files lie in object storage.

In: what references begin with now, where the files will be reached. Out: keys of objects, new
references, which files are named. Pure: who copies files is `operate.file_copy`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.model.values import Attribute, Entity, Kind

_UNSAFE = re.compile(r"[^A-Za-z0-9!_.*'()/-]+")
"""What a key of S3 should not hold (S3 User Guide, "Naming Amazon S3 objects", read 2026-11)."""


@frozen
class FileReferences:
    """How references to files change."""

    prefix: str
    """What they begin with in the source, such as `/uploads/`."""
    url: str
    """What they begin with in the target, such as `https://cdn.example.org/`."""
    folder: str = ""
    """What the keys of the objects begin with."""

    def name(self, reference: str) -> str | None:
        """Return the file that a reference names, None if it is none of these files.

        Example:
            >>> files = FileReferences(prefix="/uploads/", url="https://cdn.x/")
            >>> files.name("/uploads/a b.png"), files.name("https://elsewhere/a.png")
            ('a b.png', None)
        """
        if not reference.startswith(self.prefix):
            return None
        name = reference[len(self.prefix) :]
        parts = name.split("/")
        return name if name and ".." not in parts and not name.startswith("/") else None

    def key(self, name: str) -> str:
        """Return the key of the object that a file becomes.

        Example:
            >>> FileReferences(prefix="/", url="https://x", folder="uploads").key("a b.png")
            'uploads/a-b.png'
        """
        cleaned = _UNSAFE.sub("-", name)
        return f"{self.folder.strip('/')}/{cleaned}" if self.folder else cleaned

    def rewritten(self, reference: str) -> str:
        """Return a reference as it is in the target; one to anything else stays."""
        name = self.name(reference)
        return reference if name is None else f"{self.url.rstrip('/')}/{self.key(name)}"

    def applied(self, entity: Entity, row: dict[str, Any]) -> None:
        """Rewrite the references in an instance."""
        for attribute in entity.attributes:
            value = row.get(attribute.name)
            if value is not None and holds_references(attribute):
                row[attribute.name] = _mapped(attribute, value, self.rewritten)

    def named(self, entity: Entity, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield attribute and file of each reference in an instance of the source."""
        for attribute in entity.attributes:
            value = row.get(attribute.name)
            if value is None or not holds_references(attribute):
                continue
            texts: list[str] = []
            _mapped(attribute, value, _noting(texts))
            for text in texts:
                name = self.name(text)
                if name is not None:
                    yield attribute.name, name


def holds_references(attribute: Attribute) -> bool:
    """Whether an attribute is a URL, or has some inside."""
    if attribute.kind is Kind.URL:
        return True
    inner = (*attribute.fields, *((attribute.element,) if attribute.element else ()))
    return any(holds_references(each) for each in inner)


def _mapped(attribute: Attribute, value: Any, change: Callable[[str], str]) -> Any:
    if attribute.kind is Kind.URL:
        return change(value) if isinstance(value, str) else value
    if attribute.element is not None and isinstance(value, list | set | frozenset):
        mapped = [_mapped(attribute.element, each, change) for each in value]
        return mapped if isinstance(value, list) else set(mapped)
    if attribute.fields and isinstance(value, Mapping):
        fields = {field.name: field for field in attribute.fields}
        return {
            name: _mapped(fields[name], each, change) if name in fields else each
            for name, each in value.items()
        }
    return value


def _noting(texts: list[str]) -> Callable[[str], str]:
    def note(text: str) -> str:
        texts.append(text)
        return text

    return note
