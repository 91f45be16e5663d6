"""Where pip in a job finds its settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from syne_core.emulator.jobs.contract import JobSurroundings
from syne_core.emulator.jobs.environment import container_environment
from syne_core.emulator.jobs.pip_settings import has_password, pip_variables

SECRET = "https://me:secret@index.invalid/simple"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_the_users_configuration_and_cache_are_found(tmp_path: Path, home: Path) -> None:
    user = tmp_path / "user"
    (user / ".cache" / "pip").mkdir(parents=True)
    (user / ".config" / "pip").mkdir(parents=True)
    (user / ".config" / "pip" / "pip.conf").write_text("[global]\ntimeout = 7\n")
    assert pip_variables({"HOME": str(user), "PIP_NO_INDEX": "1", "PATH": "/bin"}, home) == {
        "PIP_NO_INDEX": "1",
        "PIP_CACHE_DIR": str(user / ".cache" / "pip"),
        "PIP_CONFIG_FILE": str(user / ".config" / "pip" / "pip.conf"),
    }
    assert pip_variables({"HOME": str(tmp_path)}, home) == {}


def test_passwords_are_no_variables_yet_pip_knows_them(tmp_path: Path, home: Path) -> None:
    config = tmp_path / "user.conf"
    config.write_text("[global]\ntimeout = 7\n")
    surrounding = {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": str(config),
        "PIP_INDEX_URL": SECRET,
        "PIP_RETRIES": "1",
        "HTTPS_PROXY": "http://me:secret@proxy.invalid:1",
    }
    variables = pip_variables(surrounding, home)
    assert variables == {"PIP_RETRIES": "1", "PIP_CONFIG_FILE": str(home / "pip.conf")}
    assert (home / "pip.conf").stat().st_mode & 0o077 == 0
    known = subprocess.check_output(
        [sys.executable, "-m", "pip", "config", "list"], env={**variables, "HOME": str(home)}, text=True
    )
    assert f"global.index-url='{SECRET}'" in known
    assert "global.timeout='7'" in known
    assert "global.proxy='http://me:secret@proxy.invalid:1'" in known


def test_no_variable_of_a_job_has_a_password(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "HTTPS_PROXY", "http_proxy"):
        monkeypatch.setenv(name, SECRET)
    around = JobSurroundings("http://127.0.0.1:1", "us-east-1", "123456789012", tmp_path)
    environment = container_environment({"TrainingJobName": "job"}, "arn", around, home)
    assert "secret" not in str(environment)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(SECRET, True), ("http://a.b/c http://me@d", True), ("http://a.b/c@d", False), ("me@home", False)],
)
def test_passwords_are_recognised(value: str, expected: bool) -> None:
    assert has_password(value) == expected
