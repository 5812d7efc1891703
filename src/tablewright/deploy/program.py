"""What a program needs where it is deployed, as the `deploy:` part of a model file says.

In: plain data of the model file. Out: a `Program`, or one error that says where the mistake is.
What the file does not say has a default; no value of a secret can be written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen

LANGUAGES = ("go", "node", "python")
METHODS = ("ANY", "DELETE", "GET", "PATCH", "POST", "PUT")
PORT = 8080
"""Where a program answers unless the model file says otherwise."""
HEALTH_PATH = "/health"
LARGEST_FUNCTION_MB, LONGEST_FUNCTION_SECONDS = 10_240, 900
"""AWS Lambda Developer Guide, "Lambda quotas"."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


@frozen
class FunctionNeed:
    """One function: the routes it answers, its size, the access patterns it calls."""

    name: str
    routes: tuple[tuple[str, str], ...]
    """Method and path of each."""
    mb: int
    seconds: int
    code: str
    """Folder of its sources."""
    patterns: tuple[str, ...]


@frozen
class SecretNeed:
    """A secret by the name of its environment variable, and how often it is replaced."""

    name: str
    text: str = ""
    rotate_days: int = 90


@frozen
class QueueNeed:
    """A queue for work outside the request, and the function that reads it ("" for the program)."""

    name: str
    reader: str = ""


@frozen
class Program:
    """What runs, and what it needs."""

    language: str = "python"
    main: str = ""
    """The file or module that starts it."""
    port: int = PORT
    health_path: str = HEALTH_PATH
    base_path: str = "/api"
    """Path below which the program answers, behind a distribution or a listener rule."""
    functions: tuple[FunctionNeed, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables with a value that is no secret; "" is filled in by hand."""
    secrets: tuple[SecretNeed, ...] = ()
    queues: tuple[QueueNeed, ...] = ()
    static: str = ""
    """Folder of files that are delivered as they are."""
    origins: tuple[str, ...] = ()
    """Web origins whose pages may call the API."""
    cached: tuple[tuple[str, int], ...] = ()
    """Path patterns and the seconds that a distribution keeps them."""
    calls_per_minute: int = 0
    """Calls that one client may make in a minute; 0 where the file sets no limit."""
    most_added_usd: int = 0
    """USD a month that a change may add without being asked for; 0: a tenth of the priced bill."""
    latency_p99_ms: int = 0
    """What 99 of 100 calls of the API may take; 0 where it follows from the database's target."""
    aurora_units: tuple[float, float] = (0.5, 16)
    instances: tuple[int, int] | None = None
    """Fewest and most instances of a group; as priced, and twice as many, unless said."""
    client: tuple[tuple[str, Any], ...] = ()
    """Settings of the database's client."""
    address_variable: str = "DATABASE_URI"
    """The variable that holds the address of a database outside AWS."""
    alarms_by_cause: bool = False
    """Whether alarms on throttles watch every cause: three times as many metrics are charged."""
    follows: tuple[str, ...] = ()
    """Entities whose changes the program follows while it runs."""
    tells_operators: bool = False
    """Whether the program publishes to the topic of alarms what people must know at once."""
    users_by_tag: str = ""
    """Tag of the session that names the user, where the program takes on a role for each."""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Names of the variables that hold secrets."""
        return tuple(secret.name for secret in self.secrets)


@frozen(kw_only=False)
class _Reader:
    """Reads one mapping: every key is known, every value of its kind."""

    place: str
    data: Mapping[str, Any]
    known: Sequence[str] = field(default_factory=tuple)

    def checked(self) -> _Reader:
        for key in self.data:
            if key not in self.known:
                close = nearest(str(key), list(self.known))
                self.refuse(
                    f"has no `{key}`",
                    f"did you mean `{close}`?" if close else f"known: {', '.join(self.known)}",
                )
        return self

    def refuse(self, what: str, remedy: str) -> None:
        raise UsageError(f"`{self.place}` {what}", remedy=remedy)

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            self.refuse(f"has a `{key}` that is no text: {value!r}", "write a text")
        return str(value)

    def number(self, key: str, default: int, least: int, largest: int) -> int:
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= largest:
            self.refuse(
                f"has a `{key}` of {value!r}", f"write a whole number from {least} to {largest:,}"
            )
        return int(value)

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if isinstance(value, str) and value in ("yes", "true", "no", "false"):
            return value in ("yes", "true")
        if not isinstance(value, bool):
            self.refuse(f"has a `{key}` of {value!r}", "write true or false")
        return bool(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self.refuse(f"has a `{key}` that is no list of texts", "write [first, second]")
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            self.refuse(f"has a `{key}` that is no mapping", "write name: value")
        return dict(value)

    def pair(self, key: str) -> tuple[float, float] | None:
        value = self.data.get(key)
        if value is None:
            return None
        if (
            not isinstance(value, list)
            or len(value) != 2
            or not all(isinstance(number, int | float) for number in value)
            or not 0 <= value[0] <= value[1]
        ):
            self.refuse(f"has a `{key}` of {value!r}", "write [fewest, most]")
            raise AssertionError
        return float(value[0]), float(value[1])

    def below(self, key: str, data: Any, known: Sequence[str]) -> _Reader:
        inner = _Reader(f"{self.place}.{key}", data if data is not None else {}, known)
        if not isinstance(inner.data, Mapping):
            inner.refuse("is no mapping", f"write {{{known[0]}: …}}")
        return inner.checked()


KEYS = (
    "address_variable",
    "alarms_by_cause",
    "aurora_units",
    "base_path",
    "cached",
    "calls_per_minute",
    "client",
    "follows",
    "functions",
    "health_path",
    "instances",
    "language",
    "latency_p99_ms",
    "main",
    "most_added_usd",
    "origins",
    "port",
    "queues",
    "secrets",
    "static",
    "tells_operators",
    "users_by_tag",
    "variables",
)


def read_program(
    data: Mapping[str, Any],
    patterns: Sequence[str],
    place: str,
    entities: Sequence[str] = (),
) -> Program:
    """Return what a model file says of the program.

    Args:
        data: the `deploy:` part; empty where the file has none.
        patterns: names of the model's access patterns.
        place: what an error calls it.
        entities: names of the model's entities.

    Raises:
        UsageError: a key nobody knows, a value of another kind, a pattern that no function calls,
            an entity that there is not.
    """
    reader = _Reader(place, data, KEYS).checked()
    language = reader.text("language", "python")
    if language not in LANGUAGES:
        reader.refuse(f"has the language `{language}`", f"choose one of {', '.join(LANGUAGES)}")
    sizes = reader.pair("instances")
    return Program(
        language=language,
        main=reader.text("main", {"go": "main.go", "node": "app.js", "python": "app"}[language]),
        port=reader.number("port", PORT, 1024, 65_535),
        health_path=reader.text("health_path", HEALTH_PATH),
        base_path=reader.text("base_path", "/api"),
        functions=tuple(_functions(reader, patterns)),
        variables=tuple(_variables(reader)),
        secrets=tuple(_secrets(reader)),
        queues=tuple(_queues(reader)),
        static=reader.text("static"),
        origins=tuple(_origins(reader)),
        cached=tuple(_cached(reader)),
        calls_per_minute=reader.number("calls_per_minute", 0, 0, 1_000_000),
        most_added_usd=reader.number("most_added_usd", 0, 0, 1_000_000),
        latency_p99_ms=reader.number("latency_p99_ms", 0, 0, LONGEST_FUNCTION_SECONDS * 1000),
        aurora_units=reader.pair("aurora_units") or (0.5, 16.0),
        instances=(int(sizes[0]), int(sizes[1])) if sizes else None,
        client=tuple(reader.mapping("client").items()),
        address_variable=reader.text("address_variable", "DATABASE_URI"),
        alarms_by_cause=reader.flag("alarms_by_cause"),
        follows=tuple(_followed(reader, entities)),
        tells_operators=reader.flag("tells_operators"),
        users_by_tag=reader.text("users_by_tag"),
    )


def _followed(reader: _Reader, entities: Sequence[str]) -> Iterator[str]:
    for name in reader.texts("follows"):
        if name not in entities:
            close = nearest(name, list(entities))
            reader.refuse(
                f"follows changes of `{name}`, which the model does not have",
                f"did you mean `{close}`?" if close else "name an entity of the model",
            )
        yield name


def _functions(reader: _Reader, patterns: Sequence[str]) -> Iterator[FunctionNeed]:
    data = reader.mapping("functions")
    called: set[str] = set()
    for name, settings in data.items():
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]{1,40}", str(name)):
            reader.refuse(
                f"has a function `{name}`", "write letters and digits, a capital first, 41 at most"
            )
        inner = reader.below(
            f"functions.{name}", settings, ("routes", "mb", "seconds", "code", "patterns")
        )
        for pattern in inner.texts("patterns"):
            if pattern not in patterns:
                close = nearest(pattern, list(patterns))
                inner.refuse(
                    f"names the pattern `{pattern}`, which the model does not have",
                    f"did you mean `{close}`?" if close else "name a pattern of the model",
                )
        called.update(inner.texts("patterns"))
        yield FunctionNeed(
            name=str(name),
            routes=tuple(_route(inner, route) for route in inner.texts("routes")),
            mb=inner.number("mb", 256, 128, LARGEST_FUNCTION_MB),
            seconds=inner.number("seconds", 10, 1, LONGEST_FUNCTION_SECONDS),
            code=inner.text("code", f"functions/{name}"),
            patterns=inner.texts("patterns"),
        )
    missing = [pattern for pattern in patterns if pattern not in called]
    if data and missing:
        reader.refuse(
            f"has no function that calls {', '.join(missing)}",
            "list each pattern under the function that calls it: its role comes from there",
        )


def _route(reader: _Reader, route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    if method not in METHODS or not re.fullmatch(r"/[\w{}+/.-]*", path):
        reader.refuse(f"has the route `{route}`", "write a method and a path: GET /api/orders/{id}")
    return method, path


def _variables(reader: _Reader) -> Iterator[tuple[str, str]]:
    for name, value in reader.mapping("variables").items():
        _checked_variable(reader, str(name))
        if _is_key(str(name)) and value not in (None, ""):
            reader.refuse(
                f"has a value for `{name}`, which looks like a secret",
                "list it under `secrets`, without a value",
            )
        yield str(name), "" if value is None else str(value)


def _is_key(name: str) -> bool:
    """Whether a variable's name says that it holds a secret."""
    words = set(name.split("_"))
    return bool(words & {"SECRET", "PASSWORD", "TOKEN"}) or name.endswith(("_KEY", "_KEY_ID"))


def _checked_variable(reader: _Reader, name: str) -> None:
    if not _VARIABLE.fullmatch(name):
        reader.refuse(
            f"has a variable `{name}`",
            "write upper-case letters, digits and underscores, a letter first",
        )


def _secrets(reader: _Reader) -> Iterator[SecretNeed]:
    for name, settings in reader.mapping("secrets").items():
        _checked_variable(reader, str(name))
        inner = reader.below(f"secrets.{name}", settings, ("text", "rotate_days"))
        yield SecretNeed(
            name=str(name),
            text=inner.text("text"),
            rotate_days=inner.number("rotate_days", 90, 1, 1000),
        )


def _queues(reader: _Reader) -> Iterator[QueueNeed]:
    for name, settings in reader.mapping("queues").items():
        inner = reader.below(f"queues.{name}", settings, ("reader",))
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", str(name)):
            inner.refuse("is no name of a queue", "write small letters, digits and hyphens")
        yield QueueNeed(name=str(name), reader=inner.text("reader"))


def _origins(reader: _Reader) -> Iterator[str]:
    for origin in reader.texts("origins"):
        if not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?|http://localhost(:\d+)?", origin):
            reader.refuse(
                f"lets `{origin}` call the API",
                "name a web origin over TLS, such as https://www.example.org, or localhost",
            )
        yield origin


def _cached(reader: _Reader) -> Iterator[tuple[str, int]]:
    for path, seconds in reader.mapping("cached").items():
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            reader.refuse(f"keeps `{path}` for {seconds!r}", "write a whole number of seconds")
        yield str(path), seconds
