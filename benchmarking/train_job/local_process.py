"""One training as a process here: our runner, with a folder that stands for ``/opt/ml``."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import IO, Any

from benchmarking.train_job.contents import job_document, training_bundle
from benchmarking.train_job.driver import COMPLETED, FAILED
from benchmarking.train_job.training_order import TrainingOrder

__all__ = ["LocalRun"]

_GRACE_S = 30.0
_PR_SET_PDEATHSIG = 1
# Loaded beforehand: between fork and exec, as little as possible is to happen.
_LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


class LocalRun:
    """Runs one training in ``folder``.

    :param log: gets what it prints
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder, self._log = folder, log
        self._ml = folder / "ml"

    def run(self, order: TrainingOrder) -> dict[str, Any]:
        """Train, pack what is left, and remove the rest: ``status`` and ``reason``."""
        names = self._prepare(order)
        try:
            code = self._run_process(order.tag)
            self._collect(names)
            self._pack()
            return self._end(code)
        finally:
            shutil.rmtree(self._ml, ignore_errors=True)
            shutil.rmtree(self._folder / "code", ignore_errors=True)

    def _prepare(self, order: TrainingOrder) -> set[str]:
        """Lay out bundle and document; the names that the bundle brings."""
        from syne_core.aws.runner_archive import runner_archive

        bundle = training_bundle(order)
        code = self._folder / "code"
        code.mkdir()
        with open(code / "source.tar.gz", "wb") as stream:
            bundle.write_source(stream)
        (code / "runner.pyz").write_bytes(runner_archive())
        document = job_document(order, {"FAHR_EXECUTION_ENVIRONMENT": "local"}, here=True)
        (code / "job.json").write_text(json.dumps(document), encoding="utf-8")
        self._ml.mkdir()
        return {file.name for file in bundle.files}

    def _run_process(self, tag: str) -> int:
        code = self._folder / "code"
        environment = {
            **os.environ,
            "SYNEBENCH_OPT_ML": str(self._ml),
            "SYNEBENCH_JOB": str(code / "job.json"),
            "SYNEBENCH_FIT_TAG": tag,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with (
            open(self._log, "wb") as log,
            subprocess.Popen(
                [sys.executable, str(code / "runner.pyz")],
                env=environment,
                cwd=code,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(_end_with_parent, os.getpid()) if _LIBC is not None else None,
            ) as process,
        ):
            assert process.stdout is not None
            try:
                _tee(process.stdout, log)
                return process.wait()
            except BaseException:
                process.terminate()  # the runner passes it on to the script
                try:
                    process.wait(_GRACE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                raise

    def _collect(self, names: Iterable[str]) -> None:
        """Move what the script wrote beside itself to the model: elsewhere it would do so, too."""
        code, model = self._ml / "code", self._ml / "model"
        known = {*names, *(str(parent) for name in names for parent in Path(name).parents)}
        for parent, folders, files in os.walk(code):
            here = Path(parent).relative_to(code)
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in [*files, *(one for one in folders if str(here / one) not in known)]:
                if str(here / name) in known or (model / here / name).exists():
                    continue
                (model / here).mkdir(parents=True, exist_ok=True)
                shutil.move(code / here / name, model / here / name)
                print(
                    f"Note: {here / name}, written beside the script, is kept with the model", file=sys.stderr
                )
            folders[:] = [name for name in folders if (code / here / name).is_dir()]

    def _pack(self) -> None:
        output = self._folder / "output"
        output.mkdir()
        for folder, name in (
            (self._ml / "model", "model.tar.gz"),
            (self._ml / "output" / "data", "output.tar.gz"),
        ):
            if folder.is_dir() and any(folder.iterdir()):
                with tarfile.open(output / name, "w:gz", compresslevel=1) as packed:
                    for path in sorted(folder.rglob("*")):
                        packed.add(path, path.relative_to(folder).as_posix(), recursive=False)

    def _end(self, code: int) -> dict[str, Any]:
        if code == 0:
            return {"status": COMPLETED}
        failure = self._ml / "output" / "failure"
        said = failure.read_text(encoding="utf-8", errors="replace") if failure.is_file() else ""
        return {"status": FAILED, "reason": said.partition("\n")[0] or f"exit code {code}"}


def _end_with_parent(parent: int) -> None:
    """Ask for SIGTERM when the process that waits for the training is gone, be it by ``kill -9``."""
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before we asked, so nobody will tell
        os._exit(1)


def _tee(source: IO[bytes], log: IO[bytes]) -> None:
    while chunk := os.read(source.fileno(), 65536):
        log.write(chunk)
        log.flush()
        sys.stderr.buffer.write(chunk)
        sys.stderr.buffer.flush()
