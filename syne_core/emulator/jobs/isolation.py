"""How a job is kept apart from this machine: by namespaces, or by a folder where those are refused."""

from __future__ import annotations

import functools
import os
import select
import shutil
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from syne_core.emulator.jobs.containers import Container
from syne_core.errors import UsageError

__all__ = ["Isolation", "isolation_named"]

_INIT = str(Path(__file__).with_name("init_program.py"))
_NAMESPACES = (
    *("unshare", "--user", "--map-root-user", "--mount", "--uts"),
    *("--pid", "--fork", "--kill-child", "--mount-proc"),
)
# Seconds; a first start on a busy machine.
_PROBE_LASTS = 120.0


@dataclass(frozen=True)
class Isolation:
    """What this machine allows.

    :param namespaces: whether jobs have mounts, processes and a host name of their own
    :param overlays: whether packages that they install go to a copy-on-write view of this environment
    """

    namespaces: bool
    overlays: bool = False

    def command(
        self,
        argv: Sequence[str],
        opt_ml: Path,
        scratch: Path,
        host: str = "",
        hosts_file: Path | None = None,
        cwd: str = "/",
    ) -> list[str]:
        """The command that runs ``argv`` under ``init_program.py``.

        :param opt_ml: folder that the job sees as ``/opt/ml``, if there are namespaces
        :param scratch: folder for changes to the Python environment
        :param host: its host name, if there are namespaces
        :param hosts_file: its ``/etc/hosts``, if there are namespaces
        """
        init = [sys.executable, "-I", "-S", _INIT, "--cwd", cwd]
        if not self.namespaces:
            return [*init, "--", *argv]
        init += ["--isolated", "--opt-ml", str(opt_ml)]
        init += ["--hostname", host] if host else []
        init += ["--hosts", str(hosts_file)] if hosts_file else []
        for number, lower in enumerate(_package_folders() if self.overlays else ()):
            upper, work = scratch / f"packages-{number}", scratch / f"work-{number}"
            upper.mkdir(parents=True, exist_ok=True)
            work.mkdir(parents=True, exist_ok=True)
            init += ["--overlay", lower, str(upper), str(work)]
        return [*_NAMESPACES, *init, "--", *argv]

    def image_command(
        self,
        argv: Sequence[str],
        root: Path,
        opt_ml: Path,
        scratch: Path,
        variables: Path,
        host: str,
        hosts_file: Path | None,
        cwd: str,
    ) -> list[str]:
        """The command that runs ``argv`` in an image; needs namespaces.

        :param root: the image's files; with ``overlays`` they are left as they are
        :param variables: file with the environment, ``NAME=value`` separated by NUL
        """
        init = [sys.executable, "-I", "-S", _INIT, "--isolated", "--cwd", cwd, "--opt-ml", str(opt_ml)]
        if self.overlays:
            upper, work = scratch / "image", scratch / "image-work"
            upper.mkdir(parents=True)
            work.mkdir(parents=True)
            init += ["--overlay", str(root), str(upper), str(work)]
        init += ["--root", str(root), "--variables", str(variables), "--hostname", host]
        init += ["--hosts", str(hosts_file)] if hosts_file else []
        return [*_NAMESPACES, *init, "--", *argv]

    def works(self, below: Path) -> bool:
        """Whether this machine allows it to jobs whose files lie below a folder."""
        below.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=below, prefix=".probe-", ignore_cleanup_errors=True) as name:
            folder = Path(name).resolve()
            (folder / "ml").mkdir()
            command = self.command(["true"], folder / "ml", folder, "algo-1")
            try:
                container = Container(command, os.environ, folder)
            except OSError:
                return False
            container.start()
            select.select([container.output], [], [], _PROBE_LASTS)
            container.kill()
            was_set_up, problem = container.problem()
            container.close()
            return was_set_up and not problem


def isolation_named(name: str, below: Path) -> Isolation:
    """``namespaces``, ``folder``, or ``auto`` for the first of them that works here.

    :param below: folder of the jobs; not every file system can hold changes of an overlay
    :raises UsageError: there is no such isolation, or it is refused here
    """
    if name == "folder":
        return Isolation(namespaces=False)
    if name not in ("namespaces", "auto"):
        raise UsageError(f"Unknown isolation '{name}'. Valid: auto, folder, namespaces")
    found = _best(below)
    if name == "namespaces" and not found.namespaces:
        raise UsageError("This machine refuses user namespaces to jobs. Use isolation 'folder' or 'auto'")
    return found


# Jobs that start at once wait for one answer.
_answering = threading.Lock()


def _best(below: Path) -> Isolation:
    with _answering:
        below.mkdir(parents=True, exist_ok=True)
        return _best_on(_FileSystem(below.stat().st_dev, below))


@dataclass(frozen=True)
class _FileSystem:
    device: int
    folder: Path = field(compare=False)


@functools.lru_cache(maxsize=16)
def _best_on(system: _FileSystem) -> Isolation:
    ways = [Isolation(True, overlays=True), Isolation(True)] if shutil.which("unshare") else []
    return next((way for way in ways if way.works(system.folder)), Isolation(namespaces=False))


def _package_folders() -> list[str]:
    """What ``pip install`` changes: the virtual environment, else the folders of packages and scripts."""
    if sys.prefix != sys.base_prefix:
        return [os.path.realpath(sys.prefix)]
    paths = {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "scripts")}
    return sorted(os.path.realpath(path) for path in paths if os.path.isdir(path))
