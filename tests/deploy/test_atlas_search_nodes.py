"""Search nodes of Atlas are written as they were priced."""

from __future__ import annotations

from decimal import Decimal

from tablewright.deploy.atlas import atlas
from tablewright.deploy.option import Part, Site


def site(*parts: Part) -> Site:
    return Site(
        app="notes",
        title="",
        option="instance-atlas-aws",
        environment="production",
        region="us-east-1",
        engine="mongodb",
        parts=parts,
        users=1,
        peak_requests_per_second=Decimal(1),
        usd_per_month=Decimal(1),
    )


CLUSTER = Part(
    name="cluster", title="", price_key="mongodb.atlas.m10.hour", quantity=Decimal(730), unit="hour"
)


def test_as_many_search_nodes_are_written_as_were_priced():
    # 3 nodes for 730 hours
    nodes = Part(
        name="search nodes",
        title="",
        price_key="mongodb.atlas.search.s20",
        quantity=Decimal(2190),
        unit="node-hour",
    )
    written = {resource.name: resource for resource in atlas(site(CLUSTER, nodes))}
    properties = written["SearchNodes"].properties
    assert (properties["InstanceSize"], properties["NodeCount"]) == ("S20_HIGHCPU_NVME", 3)


def test_a_cluster_without_vectors_has_no_search_nodes():
    assert "SearchNodes" not in {resource.name for resource in atlas(site(CLUSTER))}
