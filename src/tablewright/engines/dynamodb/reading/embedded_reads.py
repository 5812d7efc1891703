"""Reads of children that lie inside their parent's items: the parent is read instead."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.access import KeyMatch, match_key
from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.metering import get_units
from tablewright.engines.dynamodb.reading.completion import read_why
from tablewright.engines.dynamodb.reading.context import Context, ReadOption, with_known
from tablewright.engines.dynamodb.reading.key_reads import KeyReads
from tablewright.engines.dynamodb.reading.scan_reads import ScanReads
from tablewright.engines.dynamodb.sizing import measure
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.evaluation.engine import Refused
from tablewright.model.values import Entity, Pattern, Verb
from tablewright.sample.parameters import names_one


class EmbeddedReads:
    """Reads of children that lie inside their parent's items."""

    def __init__(self, context: Context, keyed: KeyReads, scans: ScanReads) -> None:
        self.context = context
        self.model = context.model
        self.keyed = keyed
        self.scans = scans

    def options(
        self, pattern: Pattern, table: Table, shape: ItemShape, embed: Embed
    ) -> list[ReadOption]:
        """Read the parent's item and pick the children out of it."""
        if pattern.batch > 1:
            return []  # children of one parent would ask for its item twice, which is refused
        parent, child = self.model.entity(shape.entity), self.model.entity(pattern.entity)
        # What a child calls like an attribute of its parent is the parent's only if handed down.
        parent_conditions = tuple(
            c
            for c in with_known(child, pattern)
            if parent.has(c.attribute)
            and child.has(c.attribute)
            and child.attribute(c.attribute).generated
        )
        inner = Pattern(
            name=pattern.name,
            verb=Verb.GET,
            entity=parent.name,
            rate=pattern.rate,
            where=parent_conditions,
            select=(*parent.key,),
            consistency=pattern.consistency,
            hit=pattern.hit,
            batch=pattern.batch,
        )
        options: list[ReadOption] = []
        per_parent = self._children_per_parent(embed, parent)
        for index in (None, *table.indexes):
            match = match_key(self.model, table, index, shape, parent_conditions)
            if isinstance(match, Refused) or not parent_conditions:
                continue
            if index is not None and embed.attribute not in self.context.size_of(
                table, shape
            ).projected(index):
                continue
            option = self.keyed.through(inner, match, frozenset(parent.key))
            if isinstance(option, ReadOption):
                if names_one(child, pattern.equalities):
                    option = self._of_children(option, pattern, match)
                first = option.steps[0]
                assert isinstance(first, ReadStep)
                steps = (replace(first, embed=embed, select=None), *option.steps[1:])
                options.append(
                    replace(
                        option,
                        steps=steps,
                        returned=per_parent,
                        held=option.held | frozenset(self.model.entity(embed.entity).names),
                        filtered=tuple(
                            c.attribute for c in pattern.where if c not in parent_conditions
                        ),
                        sorts_in_code=bool(pattern.sort),
                    )
                )
        required = frozenset(pattern.select or self.model.entity(embed.entity).names)
        scan = self.scans.read_all(pattern, table, shape, required, embed)
        if isinstance(scan, ReadOption):
            options.append(scan)
        return options

    def _of_children(self, option: ReadOption, pattern: Pattern, match: KeyMatch) -> ReadOption:
        """Return a read of one parent's item as often as the parent has children."""
        if option.operation != "get":
            return option
        sizes = self.context.size_of(match.table, match.shape)
        column = self.context.by_child(pattern.entity, sizes, sizes.items())
        first, *rest = option.requests
        mean = measure(column).mean
        use = replace(
            first.uses[0],
            units=get_units(column, pattern.consistency, pattern.hit),
            why=read_why(mean, pattern, 1),
        )
        return replace(option, requests=(replace(first, bytes=mean, uses=(use,)), *rest))

    def _children_per_parent(self, embed: Embed, parent: Entity) -> Decimal:
        selectivity = self.context.selectivity
        parents = selectivity.instances(parent.name)
        return selectivity.instances(embed.entity) / parents if parents else ZERO
