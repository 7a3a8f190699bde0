from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Command


@pytest.fixture
def run(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def alert(fixtures: Path) -> str:
    return str(fixtures / "alerts" / "falco" / "driver-loader-insmod.json")
