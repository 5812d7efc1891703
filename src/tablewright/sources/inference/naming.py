"""Names of entities, patterns and attributes, as people would choose them.

In: names of tables, collections, key prefixes. Out: `Order` for `shop-orders` or `ORDER`. Names
only: no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tablewright.model.names import ATTRIBUTE_NAME

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "data": "data", "media": "media", "news": "news", "series": "series", "status": "status",
    "addresses": "address", "analyses": "analysis", "usage": "usage", "news_items": "news_item",
    "caches": "cache", "statuses": "status", "access": "access", "process": "process",
}  # fmt: skip
_NOT_SINGULAR = ("ss", "us", "is", "os")
_SUFFIXES = frozenset({"table", "tbl", "collection", "ddb", "dynamodb", "db"})


def words_of(text: str) -> list[str]:
    """Return the words of a name in small letters.

    Example:
        >>> words_of("userProfile_v2"), words_of("HTTPRequests")
        (['user', 'profile', 'v', '2'], ['http', 'requests'])
    """
    return [word.lower() for word in _WORDS.findall(text)]


def singular(word: str) -> str:
    """Return the singular of an English noun in small letters.

    Example:
        >>> [singular(word) for word in ("categories", "boxes", "users", "address", "usage")]
        ['category', 'box', 'user', 'address', 'usage']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(_NOT_SINGULAR) and len(word) > 3:
        return word[:-1]
    return word


def entity_name(text: str, prefix: Iterable[str] = ()) -> str:
    """Return the name of an entity for that of a table, a key prefix or a type.

    Args:
        text: the name.
        prefix: words at the beginning that say nothing, such as the application's name.

    Example:
        >>> entity_name("shop-order-items", ["shop"]), entity_name("USER"), entity_name("9tables")
        ('OrderItem', 'User', 'Entity9Table')
    """
    words = words_of(text)
    drop = list(prefix)
    if drop and words[: len(drop)] == drop and len(words) > len(drop):
        words = words[len(drop) :]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    if not words:
        return "Entity"
    words[-1] = singular(words[-1])
    name = "".join(word.capitalize() for word in words)[:60]
    return name if name[0].isalpha() else f"Entity{name}"


def shared_prefix(names: Iterable[str]) -> list[str]:
    """Return the words with which all names of several tables begin.

    Example:
        >>> shared_prefix(["shop-orders", "shop-users"]), shared_prefix(["orders"])
        (['shop'], [])
    """
    split = [words_of(name) for name in names]
    if len(split) < 2:
        return []
    prefix: list[str] = []
    for column in zip(*split, strict=False):
        if len(set(column)) > 1:
            break
        prefix.append(column[0])
    while prefix and any(len(words) == len(prefix) for words in split):
        prefix.pop()
    return prefix


def attribute_name(text: str, used_names: Iterable[str] = ()) -> str:
    """Return a name the model file allows for an attribute; another if it is taken.

    Example:
        >>> attribute_name("first name"), attribute_name("price.usd"), attribute_name("a", ["a"])
        ('first name', 'price_usd', 'a_2')
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-") if not _is_fine(text) else text
    if not name or not (name[0].isalpha() or name[0] == "_"):
        name = f"a_{name}" if name else "a"
    return free(name[:200], used_names)


def in_quotes(name: str) -> str:
    """Return a column's name as the model file has it: in quotes where it is no plain word.

    Example:
        >>> in_quotes("price"), in_quotes("-price"), in_quotes("price.usd")
        ('price', '-price', '"price.usd"')
    """
    if re.fullmatch(r"-?[A-Za-z_][A-Za-z0-9_]*", name):
        return name
    return '"' + name.replace("\\", "\\\\") + '"'


def renamed_comment(raw: str) -> str:
    """Say that what is stored under a name has another in the model file."""
    return (
        f"stored as `{raw}`, a name that a model file does not allow: rename it there first, as "
        "the store and migrations look for this one"
    )


def _is_fine(text: str) -> bool:
    # ` #` begins a comment in the file that is written, where names stand without quotes
    return re.fullmatch(ATTRIBUTE_NAME.pattern, text) is not None and " #" not in text


def free(name: str, used_names: Iterable[str]) -> str:
    """Return the name, with a number where it is taken."""
    names = set(used_names)
    if name not in names:
        return name
    number = 2
    while f"{name}_{number}" in names:
        number += 1
    return f"{name}_{number}"


def key_attribute(word: str, style: Iterable[str]) -> str:
    """Return a name for the value behind a constant of a key, in the style of other names.

    Example:
        >>> key_attribute("USER", ["createdAt"]), key_attribute("USER", ["created_at"])
        ('userId', 'user_id')
    """
    words = words_of(word) or ["key"]
    names = list(style)
    is_camel = sum(bool(re.search(r"[a-z][A-Z]", n)) for n in names) >= sum("_" in n for n in names)
    if is_camel:
        return words[0] + "".join(w.capitalize() for w in words[1:]) + "Id"
    return "_".join([*words, "id"])


def plural(name: str) -> str:
    """Return the plural of an entity's name.

    Example:
        >>> plural("Category"), plural("Address"), plural("Order")
        ('Categories', 'Addresses', 'Orders')
    """
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    return name + "s"
