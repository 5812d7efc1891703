"""What `deploy` writes, file by file: the recommended option whole, of the others digests.

TABLEWRIGHT_GOLDEN=write rewrites both; the diff of the whole files is read line by line.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tablewright import apps
from verbs.deployed import files, written

EXPECTED = Path(__file__).parent / "deploy_expected"
DIGESTS = EXPECTED / "digests.json"
WRITE = os.environ.get("TABLEWRIGHT_GOLDEN") == "write"
RECOMMENDED = {
    "llm-proxy": "native-aws",
    "screen-time-journey": "http-api-lambda",
    "mongocollectibles": "serverless",
    "poafix": "atlas-s3",
    "auxeira": "functions",
}
WHOLE = {
    "cloudformation": ("template.yaml", "release.sh"),
    "terraform": ("main.tf",),
}


EVERY = [
    pytest.param(app, marks=() if app in ("llm-proxy", "poafix") else pytest.mark.slow)
    for app in apps.NAMES
]


@pytest.mark.parametrize("app", EVERY)
def test_the_recommended_option_is_written_as_before(app, tmp_path):
    for option, file_format, folder in written(app, tmp_path, [RECOMMENDED[app]], tuple(WHOLE)):
        texts = files(folder)
        for name in WHOLE[file_format]:
            path = EXPECTED / app / name
            if WRITE:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(texts[name], encoding="utf-8")
            assert texts[name] == path.read_text(encoding="utf-8"), (option, file_format, name)


@pytest.mark.slow
@pytest.mark.parametrize("app", apps.NAMES)
def test_every_other_option_is_written_as_before(app, tmp_path):
    digests = json.loads(DIGESTS.read_text(encoding="utf-8")) if DIGESTS.exists() else {}
    current = {}
    for option, file_format, folder in written(app, tmp_path):
        for name, text in files(folder).items():
            if not name.startswith(".") and name != "RUNBOOK.md":  # has tests of its own
                place = text.replace(folder.as_posix(), "FOLDER")  # the pipeline names it
                digest = hashlib.sha256(place.encode()).hexdigest()[:16]
                current[f"{option}/{file_format}/{name}"] = digest
    if WRITE:
        digests[app] = current
        DIGESTS.write_text(json.dumps(dict(sorted(digests.items())), indent=1) + "\n")
    assert current == digests[app]
