"""Launchers, and ``main`` and ``launch`` of the scripts that call them: the same for every back-end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from benchmarking.commons.choices import BenchmarkDefinitions
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.flags import Flag
from benchmarking.commons.hpo_main_common import Launcher, MapMethodArgs, Prepare
from benchmarking.commons.launch_flags import ExtraArgs
from benchmarking.commons.relaunch import process_command
from syne_core.results_callback import ExtraResultsComposer

__all__ = ["LaunchEntry", "MakeLauncher"]


class _RunsLauncher(Protocol):
    def __call__(
        self,
        launcher: Launcher,
        words: Sequence[str],
        extra_results: ExtraResultsComposer | None = None,
        command: Sequence[str] | None = None,
    ) -> int: ...


@dataclass(frozen=True)
class MakeLauncher:
    """Makes the launchers of one back-end.

    :param about: what ``--help`` says of them
    :param flags: those that this back-end has
    :param prepare: makes definitions ready for it; None: they need a script, and nothing else
    """

    backend: str
    about: str
    flags: Sequence[Flag]
    prepare: Prepare | None = None

    def __call__(
        self,
        methods: Mapping[str, Method],
        benchmark_definitions: BenchmarkDefinitions,
        *,
        extra_args: ExtraArgs | None = None,
        map_method_args: MapMethodArgs | None = None,
        **more: Any,
    ) -> Launcher:
        """A launcher for ``methods`` and benchmarks.

        :param more: further fields of ``Launcher``
        """
        own = {} if self.prepare is None else {"prepare": self.prepare}
        fields: dict[str, Any] = {"about": self.about, "backend_flags": self.flags, **own, **more}
        return Launcher(self.backend, methods, benchmark_definitions, extra_args, map_method_args, **fields)


@dataclass(frozen=True)
class LaunchEntry:
    """What a launcher script of one back-end calls.

    :param make_launcher: the launcher of the back-end
    :param run_launcher: runs what a command line asks it for; the exit code
    """

    make_launcher: MakeLauncher
    run_launcher: _RunsLauncher

    def main(
        self,
        methods: Mapping[str, Method],
        benchmark_definitions: BenchmarkDefinitions,
        extra_args: ExtraArgs | None = None,
        map_method_args: MapMethodArgs | None = None,
        extra_results: ExtraResultsComposer | None = None,
    ) -> NoReturn:
        """Run what the command line of this process asks for, and exit.

        :param methods: the methods that ``--method`` chooses from
        :param benchmark_definitions: dictionary, or function ``(sagemaker_backend=False)`` that returns it
        :param extra_args: more flags: dictionaries with ``name, type, default, help, required``
        :param map_method_args: ``(flags, method, {}) -> fields of MethodArguments``, from the extra flags
        :param extra_results: adds columns to the results
        """
        run_command(
            lambda: self.launch(
                None, methods, benchmark_definitions, extra_args, map_method_args, extra_results
            )
        )

    def launch(
        self,
        arguments: Sequence[str] | None,
        methods: Mapping[str, Method],
        benchmark_definitions: BenchmarkDefinitions,
        extra_args: ExtraArgs | None = None,
        map_method_args: MapMethodArgs | None = None,
        extra_results: ExtraResultsComposer | None = None,
    ) -> int:
        """What ``main`` does, returning the exit code.

        :param arguments: command line; None for that of this process
        :raises UsageError: listing all mistakes, before anything is started
        """
        launcher = self.make_launcher(
            methods, benchmark_definitions, extra_args=extra_args, map_method_args=map_method_args
        )
        if arguments is None:
            return self.run_launcher(launcher, sys.argv[1:], extra_results, process_command())
        return self.run_launcher(launcher, arguments, extra_results)
