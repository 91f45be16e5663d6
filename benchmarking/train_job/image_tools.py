"""Programs that build and push images: docker, podman or buildah, whichever works here."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from syne_core.errors import SyneError, UsageError

__all__ = ["ImageTool", "find_image_tool"]

_PROBE_S = 30.0
#: SageMaker does not understand what docker adds to images by default.
_DOCKER = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
#: Works without rights that containers and CI machines rarely have; slower than others.
_SIMPLE_STORAGE = {"STORAGE_DRIVER": "vfs"}
_STDERR = 2


@dataclass(frozen=True)
class ImageTool:
    """A program that works here. Found by ``find_image_tool``.

    :param name: docker, podman or buildah
    :param path: of the program
    :param variables: that it needs besides ours
    """

    name: str
    path: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def build(self, folder: Path, dockerfile: Path, image: str, platform: str | None) -> None:
        """Build ``image`` of ``folder``; what the program prints goes to standard error.

        :param platform: such as ``linux/amd64``; None: this machine's
        :raises SyneError: it fails
        """
        options = ["--platform", platform] if platform else []
        if self.name == "buildah":
            options += ["--isolation", self._isolation()]
        self._run(["build", *options, "-t", image, "-f", str(dockerfile), str(folder)], f"build {image}")

    def push(self, image: str, user: str, password: str, plain_http: bool) -> None:
        """Push ``image`` to the registry that its name begins with.

        :param plain_http: the registry is on this machine
        :raises SyneError: it fails
        """
        host = image.partition("/")[0]
        with self._login_file() as options:
            # docker takes registries of this machine as they are.
            insecure = ["--tls-verify=false"] if plain_http and self.name != "docker" else []
            login = ["login", *options, *insecure, "--username", user, "--password-stdin", host]
            self._run(login, f"log in to {host}", password)
            self._run(["push", *options, *insecure, image], f"push {image}")

    @contextmanager
    def _login_file(self) -> Iterator[list[str]]:
        """Keeps the password out of the user's own files, where the program can be told to."""
        if self.name == "docker":
            yield []
            return
        with tempfile.TemporaryDirectory(prefix="synebench-login-") as folder:
            yield ["--authfile", str(Path(folder) / "auth.json")]

    def _isolation(self) -> str:
        return os.environ.get("BUILDAH_ISOLATION") or ("chroot" if os.geteuid() == 0 else "rootless")

    def _run(self, words: Sequence[str], doing: str, text: str | None = None) -> None:
        try:
            done = subprocess.run(
                [self.path, *words],
                input=None if text is None else text.encode(),
                stdin=subprocess.DEVNULL if text is None else None,
                stdout=_STDERR,
                env={**os.environ, **self.variables},
                check=False,
            )
        except OSError as error:
            raise SyneError(f"{self.name} cannot be started: {error.strerror}") from None
        if done.returncode != 0:
            raise SyneError(f"{self.name} could not {doing} (exit code {done.returncode}); it says why above")


def find_image_tool() -> ImageTool:
    """The first of docker, podman and buildah that works; a docker without daemon does not.

    :raises UsageError: none of them does
    """
    told = []
    for name, variables in (("docker", _DOCKER), ("podman", {}), ("buildah", {})):
        path = shutil.which(name)
        if path is None:
            continue
        trouble = _trouble(path, variables)
        if trouble is None:
            return ImageTool(name, path, variables)
        may_choose = name != "docker" and "STORAGE_DRIVER" not in os.environ
        if may_choose and _trouble(path, _SIMPLE_STORAGE) is None:
            return ImageTool(name, path, _SIMPLE_STORAGE)
        told.append(f"{name} is here, but does not work: {trouble}")
    more = f" ({'; '.join(told)})" if told else ""
    raise UsageError(
        f"An image is built by docker, podman or buildah on this machine, and none works{more}. With "
        "--no-build, the stock image runs the script and installs its requirements"
    )


def _trouble(path: str, variables: Mapping[str, str]) -> str | None:
    """Why the program cannot be used; None if it can."""
    try:
        done = subprocess.run(
            [path, "info"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, **variables},
            timeout=_PROBE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"'info' ends with exit code {done.returncode}"
