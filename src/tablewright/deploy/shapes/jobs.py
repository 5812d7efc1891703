"""Jobs of AWS Glue and Amazon EMR Serverless as the provider hashicorp/aws writes them.

In: a resource. Out: blocks. Sources: the provider's documentation of each resource, version 6.
"""

from __future__ import annotations

from collections.abc import Callable

from tablewright.deploy.resources import Resource
from tablewright.deploy.shapes.values import Block, snaked, tags_of


def _glue_job(resource: Resource) -> list[Block]:
    p = resource.properties
    command = p["Command"]
    body = {
        "name": p["Name"],
        "role_arn": p["Role"],
        "glue_version": p["GlueVersion"],
        "worker_type": p["WorkerType"],
        "number_of_workers": p["NumberOfWorkers"],
        "max_retries": p["MaxRetries"],
        "timeout": p["Timeout"],
        "connections": p["Connections"]["Connections"] if "Connections" in p else None,
        "default_arguments": p["DefaultArguments"],
        "command": [
            Block.inner(
                {
                    "name": command["Name"],
                    "python_version": command["PythonVersion"],
                    "script_location": command["ScriptLocation"],
                }
            )
        ],
        "execution_property": [Block.inner(snaked(p["ExecutionProperty"]))],
        "tags": tags_of(p),
    }
    return [Block("aws_glue_job", body)]


def _glue_connection(resource: Resource) -> list[Block]:
    settings = resource.properties["ConnectionInput"]
    place = settings["PhysicalConnectionRequirements"]
    body = {
        "name": settings["Name"],
        "connection_type": settings["ConnectionType"],
        "physical_connection_requirements": [
            Block.inner(
                {
                    "availability_zone": place["AvailabilityZone"],
                    "security_group_id_list": place["SecurityGroupIdList"],
                    "subnet_id": place["SubnetId"],
                }
            )
        ],
    }
    return [Block("aws_glue_connection", body)]


def _emr_application(resource: Resource) -> list[Block]:
    p = resource.properties
    stop = p["AutoStopConfiguration"]
    body = {
        "name": p["Name"],
        "release_label": p["ReleaseLabel"],
        "type": p["Type"].lower(),
        "architecture": p["Architecture"],
        "maximum_capacity": [Block.inner(snaked(p["MaximumCapacity"]))],
        "auto_stop_configuration": [
            Block.inner(
                {"enabled": stop["Enabled"], "idle_timeout_minutes": stop["IdleTimeoutMinutes"]}
            )
        ],
        "network_configuration": [Block.inner(snaked(p["NetworkConfiguration"]))]
        if "NetworkConfiguration" in p
        else None,
        "tags": tags_of(p),
    }
    return [Block("aws_emrserverless_application", body)]


SHAPES: dict[str, Callable[[Resource], list[Block]]] = {
    "AWS::EMRServerless::Application": _emr_application,
    "AWS::Glue::Connection": _glue_connection,
    "AWS::Glue::Job": _glue_job,
}
