"""Items that came back, read as instances of the model: the inverse of how they were written.

In: wire-form items of a step. Out: rows of plain values, with what the key templates tell.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any

from tablewright.engines.dynamodb.design import ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.items import TEXTS, restored
from tablewright.engines.dynamodb.requests import RequestBuilder
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.model.values import Entity

Row = dict[str, Any]
Item = Mapping[str, Any]
"""An item in wire form."""


def plain_value(value: Mapping[str, Any]) -> Any:
    """Return a wire-form value as a plain one.

    Example:
        >>> plain_value({"L": [{"N": "1.5"}, {"S": "a"}]})
        [Decimal('1.5'), 'a']
    """
    ((kind, content),) = value.items()
    if kind == "N":
        if content.isdigit():
            return int(content)
        number = Decimal(content)
        return int(number) if number == number.to_integral_value() else number
    if kind == "B":
        return base64.b64decode(content)
    if kind == "M":
        return {name: plain_value(inner) for name, inner in content.items()}
    if kind == "L":
        return [plain_value(inner) for inner in content]
    if kind == "SS":
        return set(content)
    if kind == "NS":
        return {plain_value({"N": each}) for each in content}
    if kind == "BS":
        return {base64.b64decode(each) for each in content}
    return None if kind == "NULL" else content


@cache
def _reader(template: KeyTemplate) -> re.Pattern[str]:
    text = ""
    for part in template.parts:
        if part.literal:
            text += re.escape(part.literal)
        elif part.shards:
            text += r"\d+"
        else:
            text += "(.*?)"
    return re.compile(text + r"\Z", re.DOTALL)


class KeyReader:
    """Reads the values in the keys of a shape's items."""

    def __init__(self, shape: ItemShape, entity: Entity) -> None:
        self.shape = shape
        self._whole: list[tuple[str, str]] = []
        self._composed: list[tuple[str, re.Pattern[str], list[tuple[int, str, bool]]]] = []
        for key, template in shape.keys:
            if len(template.parts) == 1 and template.parts[0].attribute:
                self._whole.append((key, template.parts[0].attribute))
                continue
            reader = _reader(template)
            groups = [
                (group, name, entity.attribute(name).kind.is_number)
                for group, name in enumerate(template.attributes, 1)
                if entity.has(name)
            ]
            self._composed.append((key, reader, groups))

    def row(self, item: Item) -> Row | None:
        """Return what the keys tell of an instance; None if the item is of another kind."""
        row: Row = {}
        for key, name in self._whole:
            if key in item:
                row[name] = plain_value(item[key])
        for key, reader, groups in self._composed:
            value = item.get(key)
            if value is None:
                continue
            match = reader.match(value.get("S") or _text(value))
            if match is None:
                return None
            for group, name, is_number in groups:
                text = match[group]
                row[name] = plain_value({"N": text}) if is_number else text
        return row

    def fixed_text(self, keys: Sequence[str]) -> int:
        """Return how many characters of fixed text these keys have, as the templates say."""
        templates = [self.shape.template(key) for key in keys]
        parts = [part for template in templates if template is not None for part in template.parts]
        return sum(len(part.literal) for part in parts)


class Decoder:
    """Reads the items of one step; an item that comes again as it was is not decoded again."""

    KEPT = 4096
    PAGES = 8

    def __init__(self, builder: RequestBuilder, step: ReadStep) -> None:
        table, self.shape, self.entity = builder.place(step)
        self._key_reader = KeyReader(self.shape, self.entity)
        self.embed = step.embed
        self.keys = (*table.keys, *(a.name for a in self.entity.attributes if a.unique))
        self.others = _others(table, self.shape)
        keys = {key for key, _ in self.shape.keys}
        self.names = [name for name in self.shape.attributes if name not in keys]
        packed = {name for name, _ in self.shape.compress} if builder.keeps_values else set()
        self._packed = {
            name: self.entity.attribute(name).kind in TEXTS for name in self.names if name in packed
        }
        """What is compressed, and whether that is a text."""
        self._pages: deque[tuple[Sequence[Item], list[Row]]] = deque(maxlen=self.PAGES)
        self._known: dict[tuple[str, ...], tuple[Item, list[Row]]] = {}

    def rows(self, items: Sequence[Item]) -> list[Row]:
        """Return the instances that items show; other kinds of items are passed over.

        The same rows come back for the same item, and for the same page: they are not to be
        changed.
        """
        for page, rows in self._pages:
            if page is items:
                return rows
        result = self._rows_of(items)
        self._pages.append((items, result))
        return result

    def _rows_of(self, items: Sequence[Item]) -> list[Row]:
        rows: list[Row] = []
        for item in items:
            key = tuple([str(item[name]) for name in self.keys if name in item])
            known = self._known.get(key)
            if known is None or known[0] != item:
                if len(self._known) >= self.KEPT:
                    self._known.clear()
                known = self._known[key] = (item, self._rows(item))
            rows += known[1]
        return rows

    def _rows(self, item: Item) -> list[Row]:
        for texts in self.others:
            if all(key in item and reader.match(_text(item[key])) for key, reader in texts):
                return []
        row = self._key_reader.row(item)
        if row is None:
            return []
        row |= {name: plain_value(item[name]) for name in self.names if name in item}
        for name, is_text in self._packed.items():
            content = row.pop(name, None)
            if isinstance(content, bytes):
                with suppress(ValueError):  # cut or filled by `seed`: it cannot be read back
                    row[name] = restored(content, is_text=is_text)
        if self.embed is None:
            return [row]
        parent_key = {name: row[name] for name in self.entity.key if name in row}
        name = self.embed.attribute
        stored = plain_value(item[name]) if name in item else []
        elements = stored.values() if isinstance(stored, dict) else stored
        return [{**parent_key, **element} for element in elements]


def _others(table: Table, shape: ItemShape) -> tuple[tuple[tuple[str, re.Pattern[str]], ...], ...]:
    """Return how to tell other kinds of items of a table: by the text in their keys.

    A scan meets the guards of a table too, and `EMAIL#...` is no id of a user. A shape with text in
    its own keys is told by that.
    """

    def texts(one: ItemShape) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple(
            (key, _reader(template))
            for key in table.keys
            if (template := one.template(key)) is not None
            if any(part.literal for part in template.parts)
        )

    if texts(shape):
        return ()
    return tuple(result for shape in table.shapes if (result := texts(shape)))


def _text(value: Mapping[str, Any]) -> str:
    return str(plain_value(value))
