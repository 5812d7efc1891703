"""PartiQL: SQL-like statements, translated into the expressions and requests of the API.

In: statement text and parameters. Out: what each statement asks for, in the engine's own terms: a
request for an item operation, or a page to read. It adds no way of reading or writing of its own,
so that metering, conditions and streams are those of the item operations.
"""

from tablewright.local.partiql.parser import parse_statement
from tablewright.local.partiql.statements import Delete, Insert, Select, Statement, UpdateStatement

__all__ = ["Delete", "Insert", "Select", "Statement", "UpdateStatement", "parse_statement"]
