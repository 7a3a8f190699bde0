"""Fixtures that every room shares."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# The machine is shared: a slow example is not a wrong one.
settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")

# A job in the background begins with Ctrl-C ignored, and hands that on to the programs that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = ROOT.parent / "shared"
    if not (folder / "alerts").is_dir():
        pytest.skip("the folder of real alerts beside the checkout is absent")
    return folder
