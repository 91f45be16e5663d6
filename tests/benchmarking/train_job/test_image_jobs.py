"""``fit --build`` for real: a base image of Debian packages, buildah, the emulator's ECR, a job inside."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

pytestmark = pytest.mark.soak

BASE = "localhost/synebench-test-base"
SCRIPT = """
import os, sys
with open(os.path.join(os.environ["SM_MODEL_DIR"], "told"), "w") as file:
    file.write(open("/opt/only-here").read() + str(os.path.exists({here!r})) + os.environ["FROM_IMAGE"])
"""


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """buildah keeps its images in the test's folder."""
    file = tmp_path / "storage.conf"
    file.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path / "graph"}"\nrunroot = "{tmp_path / "run"}"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(file))


def sources() -> list[str]:
    """Where this machine's Debian comes from."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", folder / "sources.list.d" / "debian.sources"]
    return [str(file) for file in files if file.is_file() and "debian" in file.read_text()]


@pytest.fixture
def base(storage: None, tmp_path: Path) -> str:
    """An image with Debian's Python."""
    for program in ("buildah", "mmdebstrap"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here (apt-get install {program})")
    folder = tmp_path / "base"
    folder.mkdir()
    words = ["mmdebstrap", "--variant=essential", "--include=python3"]
    words += [platform.freedesktop_os_release()["VERSION_CODENAME"], str(folder / "base.tar"), *sources()]
    made = subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)
    if made.returncode != 0:
        told = [line for line in made.stderr.splitlines() if line.startswith("E:")]
        pytest.skip(f"mmdebstrap cannot make a base image here: {told[:2]}")
    (folder / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
    words = ["buildah", "build", "--isolation", "chroot", "-t", BASE, str(folder)]
    made = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    assert made.returncode == 0, made.stderr
    return BASE


def test_dockerfile_to_model(run, emulator: Emulator, base: str, model_script: Path) -> None:
    model_script.write_text(SCRIPT.format(here=__file__))
    model_script.with_name("only-here").write_text("in the image, ")
    (model_script.parent / "Dockerfile").write_text(
        f"FROM {base}\nCOPY only-here /opt/only-here\nRUN python3 -c 'print(1)' > /opt/ran\n"
        'ENV FROM_IMAGE=", yes"\n'
    )
    fitted = run("fahr", "fit", str(model_script), "--build", "--wait")
    assert fitted.error is None, fitted.message
    assert run("fahr", "fetch", "t", "foo/model").error is None
    assert Path("t/told").read_text() == "in the image, False, yes"
    (image,) = emulator.client("ecr").describe_images(repositoryName="foo/model")["imageDetails"]

    # Another script needs no other image.
    model_script.write_text(model_script.read_text() + "print('more')\n")
    fitted = run("fahr", "fit", str(model_script), "--build", "--wait")
    assert fitted.error is None, fitted.message
    assert "is there already" in fitted.stderr
    assert emulator.client("ecr").describe_images(repositoryName="foo/model")["imageDetails"] == [image]
