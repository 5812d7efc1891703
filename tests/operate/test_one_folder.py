"""What is stored beside a model is found again, however the model file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from operate.shop_engines import DESIGNS, call, seeded


@pytest.mark.parametrize("design", DESIGNS[:2])
def test_data_are_found_under_a_relative_and_an_absolute_name(
    design: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kiosk").mkdir()
    monkeypatch.chdir(tmp_path)
    seeded(Path("kiosk"), design)

    for name in ("kiosk", tmp_path / "kiosk", "./kiosk/tablewright.yaml"):
        assert call("status", name, "--design", design) == 0, name
