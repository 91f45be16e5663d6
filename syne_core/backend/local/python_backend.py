"""``PythonBackend``: trials that call a plain function instead of running a script."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from syne_core.backend.local import call_function
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.errors import UsageError
from syne_core.paths import TrialPaths, resolve_data_paths

__all__ = ["PythonBackend"]


class PythonBackend(LocalBackend):
    """Calls ``tune_function(**configuration)`` in a process of its own for each trial.

    The function is found again by file and name, never pickled: it must be defined at the top level of a
    file, and code of that file that starts experiments must stand under ``if __name__ == "__main__":``.
    If it has a parameter ``st_checkpoint_dir`` it is given the trial's checkpoint folder.

    :param tune_function: reports through its own ``Reporter``
    :param config_space: names the arguments
    :param rotate_gpus: see ``LocalBackend``, like the parameters that follow
    :raises UsageError: if the function cannot be found by name, or does not take the arguments
    """

    def __init__(
        self,
        tune_function: Callable[..., Any],
        config_space: dict[str, Any],
        rotate_gpus: bool = True,
        delete_checkpoints: bool = False,
        num_gpus_per_trial: int = 1,
        gpus_to_use: Sequence[int | str] | None = None,
        oversubscribe_gpus: bool = False,
        grace: float = 5.0,
        preload: Sequence[str] = (),
    ) -> None:
        self._file, self._name = _locate(tune_function)
        _check_arguments(tune_function, config_space)
        super().__init__(
            entry_point=call_function.__file__,
            delete_checkpoints=delete_checkpoints,
            rotate_gpus=rotate_gpus,
            num_gpus_per_trial=num_gpus_per_trial,
            gpus_to_use=gpus_to_use,
            oversubscribe_gpus=oversubscribe_gpus,
            grace=grace,
            preload=preload,
        )

    def entrypoint_path(self) -> Path:
        """The file that defines the function."""
        return self._file

    def metadata(self) -> dict[str, Any]:
        """See ``TrialBackend``."""
        return {**super().metadata(), "entrypoint": self._name, "script": str(self._file)}

    def _command(self, config: dict[str, Any], paths: TrialPaths) -> list[str]:
        arguments = json.dumps(resolve_data_paths(config))
        runner = str(super().entrypoint_path())
        return [sys.executable, runner, str(self._file), self._name, arguments, str(paths.checkpoints)]


def _locate(function: Callable[..., Any]) -> tuple[Path, str]:
    if os.environ.get(call_function.MARK):
        raise UsageError(
            "a trial imports the file of its function, and that started an experiment again: "
            'put the code that starts experiments under if __name__ == "__main__":'
        )
    name = getattr(function, "__qualname__", type(function).__name__)
    try:
        file = inspect.getsourcefile(function)
    except TypeError:
        file = None
    if file is None or "<" in name or not Path(file).is_file():
        raise UsageError(f"PythonBackend needs a function defined at the top level of a file, not {name}")
    return Path(file).resolve(), name


def _check_arguments(function: Callable[..., Any], config_space: dict[str, Any]) -> None:
    try:
        inspect.signature(function).bind_partial(**config_space)
    except TypeError as error:
        raise UsageError(f"{function.__qualname__} does not fit the configuration space: {error}") from None
