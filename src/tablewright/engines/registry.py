"""The engines there are: one line each.

In: a name. Out: a new engine. An engine is imported when it is first asked for, so that a verb on a
DynamoDB design loads no code of PostgreSQL.
"""

from __future__ import annotations

from importlib import import_module

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.evaluation.engine import Engine

ENGINES: dict[str, str] = {
    "dynamodb": "tablewright.engines.dynamodb.engine:DynamoEngine",
    "mongodb": "tablewright.engines.mongodb.engine:MongoEngine",
    "postgresql": "tablewright.engines.postgresql.engine:PostgresEngine",
}
"""Name to the class that makes one, as "module:class"."""


def make_engine(name: str) -> Engine:
    """Return a new engine.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in ENGINES:
        close = nearest(name, list(ENGINES))
        hint = f"did you mean `{close}`?" if close else f"engines: {', '.join(ENGINES)}"
        raise UsageError(f"there is no engine `{name}`", remedy=hint)
    module, _, factory = ENGINES[name].partition(":")
    engine: Engine = getattr(import_module(module), factory)()
    return engine
