"""How Terraform's providers write each kind of resource of the tree.

In: a resource. Out: blocks. The tree's property values are taken as they are; a module for each
family of kinds, `SHAPES` for all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from tablewright.deploy.resources import Resource
from tablewright.deploy.shapes import (
    additions,
    atlas,
    database,
    functions,
    jobs,
    machines,
    network,
    storage,
    watching,
)
from tablewright.deploy.shapes.values import Block

SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    **additions.SHAPES,
    **atlas.SHAPES,
    **database.SHAPES,
    **functions.SHAPES,
    **jobs.SHAPES,
    **machines.SHAPES,
    **network.SHAPES,
    **storage.SHAPES,
    **watching.SHAPES,
}
