"""What the operator fills in once, so that every command of a runbook can be pasted as it stands.

In: a stack, its site, the format it is written in. Out: lines of a shell, and the parameters of a
deployment that refer to them. No value of a secret is written anywhere: it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tablewright.deploy.atlas import atlas_parameters
from tablewright.deploy.compute import TASKS, kind_of
from tablewright.deploy.containers import TASK_COUNT
from tablewright.deploy.option import Site
from tablewright.deploy.resources import Parameter, Stack
from tablewright.deploy.sam import RELEASES
from tablewright.deploy.shapes.values import snake_case
from tablewright.deploy.storage import pages_bucket

TAG, BUCKET = "TAG", "ARTIFACT_BUCKET"
BUCKET_PARAMETER, KEY_PARAMETER, IMAGE_PARAMETER = "ArtifactBucket", "ArtifactKey", "ImageTag"
TERRAFORM, SAM = "terraform", "sam"


def exports(stack: Stack, site: Site, file_format: str) -> Iterator[str]:
    """Yield the lines that set what the commands refer to, each with what belongs there."""
    yield f"export AWS_REGION={stack.region}"
    if needs_bucket(site, file_format):
        yield f"export {BUCKET}=    # bucket for releases and templates: a name of your own"
    if kind_of(site) or pages_bucket(site):
        yield f"export {TAG}=$(git rev-parse --short HEAD)    # the release"
    elsewhere = {parameter.name for parameter in atlas_parameters(site)}
    for parameter in _stated(stack, file_format):
        is_terraform = file_format == TERRAFORM or parameter.name in elsewhere
        variable = _variable(parameter, is_terraform=is_terraform)
        value = _release(parameter, site)
        if parameter.is_secret:
            yield f"read -rs {variable} && export {variable}    # {parameter.text}"
        elif value and is_terraform:
            yield f'export {variable}="{value}"'
        elif not value:
            yield f"export {variable}=    # {parameter.text}"


def needs_bucket(site: Site, file_format: str) -> bool:
    """Whether a bucket holds releases, or templates over 51,200 bytes."""
    return file_format != TERRAFORM or kind_of(site) not in (TASKS, "")


def overrides(stack: Stack, site: Site, file_format: str, tasks: str = "") -> str:
    """Return what `make` is told beside its target: the parameters, by the variables of `exports`.

    Args:
        stack: the stack.
        site: its site.
        file_format: Terraform reads the variables itself.
        tasks: how many tasks run; "" keeps the number that runs.
    """
    if file_format == TERRAFORM:
        return ""
    elsewhere = {parameter.name for parameter in atlas_parameters(site)}
    words = [
        f"{parameter.name}={_release(parameter, site) or '$' + _variable(parameter)}"
        for parameter in _stated(stack, file_format)
        if parameter.name not in elsewhere
    ]
    if tasks:
        words.append(f"{TASK_COUNT}={tasks}")
    return f' PARAMETERS="{" ".join(words)}"'


def setting(file_format: str, tasks: str) -> str:
    """Return what is set before `make`, where the number of tasks is told to Terraform."""
    return f"TF_VAR_{snake_case(TASK_COUNT)}={tasks} " if file_format == TERRAFORM else ""


def output_command(stack: Stack, name: str, file_format: str) -> str:
    """Return the command that prints an output of the stack."""
    if file_format == TERRAFORM:
        return f"terraform output -raw {snake_case(name)}"
    query = f"Stacks[0].Outputs[?OutputKey=='{name}'].OutputValue"
    return (
        f"aws cloudformation describe-stacks --stack-name {stack.name} "
        f'--query "{query}" --output text'
    )


def _stated(stack: Stack, file_format: str) -> Iterator[Parameter]:
    """Yield the parameters that have no default."""
    for parameter in stack.parameters:
        needless = file_format == SAM and parameter.name in RELEASES
        if parameter.default is None and not needless:
            yield parameter


def _release(parameter: Parameter, site: Site) -> str:
    """Return the value of a parameter that names the release; "" of any other."""
    ending = "" if site.program.functions else ".zip"
    return {
        BUCKET_PARAMETER: f"${BUCKET}",
        KEY_PARAMETER: f"app/$TAG{ending}",
        IMAGE_PARAMETER: f"${TAG}",
    }.get(parameter.name, "")


def _variable(parameter: Parameter, *, is_terraform: bool = False) -> str:
    name = snake_case(parameter.name)
    return f"TF_VAR_{name}" if is_terraform else re.sub(r"\W", "_", name).upper()
