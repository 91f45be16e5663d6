"""The ``emulator`` fixture: SageMaker on this machine, with the environment that leads clients to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from syne_core.emulator import Emulator


@pytest.fixture
def emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator; other settings by ``@pytest.mark.parametrize("emulator", [{...}], indirect=True)``."""
    from syne_core.emulator import Emulator, EmulatorSettings

    with Emulator(EmulatorSettings(**getattr(request, "param", {}))) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running
