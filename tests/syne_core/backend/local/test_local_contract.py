"""The contract of back-ends, for trials as processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from syne_core.backend.local.local_backend import LocalBackend
from syne_core.backend.trial_backend import TrialBackend
from syne_core.testing.backend_contract import CONTRACT_SCRIPT, BackendContract


class TestLocalBackend(BackendContract):
    """Processes on this machine."""

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        backend = LocalBackend(str(script_path), grace=2.0)
        backend.set_path(str(folder))
        return backend


class TestLocalBackendWithJsonArguments(BackendContract):
    """Configurations as a file instead of arguments."""

    @pytest.fixture
    def script_path(self, tmp_path: Path) -> Path:
        reading = (
            'parser.add_argument("--st_config_json_filename")\n'
            "args = parser.parse_args()\n"
            "vars(args).update(json.load(open(args.st_config_json_filename)))\n"
        )
        path = tmp_path / "script.py"
        path.write_text(CONTRACT_SCRIPT.replace("args = parser.parse_args()\n", reading))
        return path

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        backend = LocalBackend(str(script_path), pass_args_as_json=True, grace=2.0)
        backend.set_path(str(folder))
        return backend


class TestLocalBackendWithoutInotify(TestLocalBackend):
    """As on systems that have none."""

    @pytest.fixture(autouse=True)
    def _no_inotify(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("syne_core.backend.local.file_events.sys", _OtherSystem())


class _OtherSystem:
    platform = "other"
