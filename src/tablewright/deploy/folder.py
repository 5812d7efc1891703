"""A deployment as files, and the folder they are written to without losing anybody's edits.

In: a stack, its site, a format. Out: texts by path; then a plan against what is on disk, and
the files. A file that somebody has edited since it was written is kept, and named; what would have
been written stands beside it, with the ending `.new`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.deploy import cloudformation, pipeline, runbook, terraform
from tablewright.deploy.atlas import atlas_parameters
from tablewright.deploy.checklist import checklist
from tablewright.deploy.deployer import deployer_policy
from tablewright.deploy.option import Site
from tablewright.deploy.release import release_files
from tablewright.deploy.resources import Stack
from tablewright.deploy.sam import TRANSFORM, as_sam

FORMATS = ("cloudformation", "sam", "terraform")
MANIFEST = ".tablewright-deploy.json"
SCHEMA = "tablewright.deploy-manifest/1"


def files_of(
    stack: Stack, site: Site, file_format: str, folder: str, migration: str = ""
) -> dict[str, str]:
    """Return every file of a deployment by its path within the folder.

    Args:
        stack: what is created.
        site: the option it is made of.
        file_format: one of `FORMATS`.
        folder: as the pipeline names it.
        migration: statements that create the tables or collections on a server.
    """
    if file_format not in FORMATS:
        raise UsageError(
            f"`{file_format}` is no format of infrastructure code",
            remedy=f"choose {' or '.join(FORMATS)}",
        )
    files = _infrastructure(stack, site, file_format)
    files |= release_files(site)
    if migration:
        files[f"migrations/{site.access.migration}"] = migration
    files["checklist.sh"] = checklist(stack, site)
    files["deployer-policy.json"] = deployer_policy(stack, site)
    files["pipeline.yaml"] = pipeline.workflow(site, folder, file_format)
    files["Makefile"] = pipeline.makefile(site, file_format)
    files["RUNBOOK.md"] = runbook.runbook(stack, site, file_format)
    return files


def _infrastructure(stack: Stack, site: Site, file_format: str) -> dict[str, str]:
    """Return the code of the stack; what CloudFormation cannot make is Terraform beside it."""
    if file_format == "terraform":
        return dict(terraform.render(stack))
    of_aws = [resource for resource in stack.resources if resource.kind.startswith("AWS::")]
    others = [resource for resource in stack.resources if not resource.kind.startswith("AWS::")]
    foreign = {parameter.name for parameter in atlas_parameters(site)}
    here = replace(
        stack,
        resources=tuple(of_aws),
        parameters=tuple(p for p in stack.parameters if p.name not in foreign),
    )
    if file_format == "sam":
        files = {"template.yaml": cloudformation.render(as_sam(here, site), TRANSFORM)}
    else:
        files = {"template.yaml": cloudformation.render(here)}
    if others:
        there = replace(
            stack,
            resources=tuple(others),
            parameters=tuple(p for p in stack.parameters if p.name in foreign),
            outputs=(),
        )
        rendered = terraform.render(there)
        files |= {f"atlas/{name}": text for name, text in rendered.items() if text}
    return files


@frozen
class FolderPlan:
    """What writing a deployment would do to a folder."""

    folder: Path
    files: Mapping[str, str]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    """Edited by hand since they were written: kept."""
    obsolete: tuple[str, ...]
    """Written before, and no longer part of the deployment."""

    @property
    def is_idle(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.new or self.changed or self.edited or self.obsolete)


def plan_folder(folder: Path, files: Mapping[str, str]) -> FolderPlan:
    """Return what writing these files would do."""
    written = _manifest(folder)
    sorted_into: dict[str, list[str]] = {"new": [], "changed": [], "unchanged": [], "edited": []}
    for name, text in sorted(files.items()):
        path = folder / name
        if not path.exists():
            sorted_into["new"].append(name)
            continue
        current = path.read_text(encoding="utf-8")
        if current == text:
            sorted_into["unchanged"].append(name)
        elif name in written and _digest(current) == written[name]:
            sorted_into["changed"].append(name)
        else:
            sorted_into["edited"].append(name)
    obsolete = [name for name in sorted(written) if name not in files and (folder / name).exists()]
    return FolderPlan(
        folder=folder,
        files=dict(files),
        obsolete=tuple(obsolete),
        **{kind: tuple(names) for kind, names in sorted_into.items()},
    )


def write_folder(plan: FolderPlan) -> None:
    """Write what is new or changed, beside what was edited; each file whole or not at all."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    for name in (*plan.new, *plan.changed):
        _write(plan.folder / name, plan.files[name])
    for name in plan.edited:
        _write(plan.folder / f"{name}.new", plan.files[name])
    digests = _manifest(plan.folder)
    digests.update({n: _digest(plan.files[n]) for n in (*plan.new, *plan.changed, *plan.unchanged)})
    for name in plan.obsolete:
        digests.pop(name, None)
    content = {"schema": SCHEMA, "files": dict(sorted(digests.items()))}
    text = json.dumps(content, indent=2) + "\n"
    manifest = plan.folder / MANIFEST
    if not manifest.exists() or manifest.read_text(encoding="utf-8") != text:
        _write(manifest, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    if text.startswith("#!"):
        beside.chmod(0o755)
    beside.replace(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = content["files"]
        if content["schema"] != SCHEMA or not isinstance(files, dict):
            raise ValueError("another schema")
    except (ValueError, KeyError, TypeError) as problem:
        raise UsageError(
            f"{path} is damaged: {problem}",
            remedy="restore it from version control, or delete it: edited files are then kept",
        ) from problem
    return {str(name): str(digest) for name, digest in files.items()}
