"""``launch_remote`` of remote launcher scripts: the same for every back-end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from benchmarking.commons.choices import BenchmarkDefinitions
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.hpo_main_common import Launch, Launcher, MapMethodArgs
from benchmarking.commons.launch_entry import MakeLauncher
from benchmarking.commons.launch_flags import ExtraArgs
from benchmarking.commons.launch_remote_common import RemoteLauncher, run_remote_launcher
from benchmarking.commons.study.experiment import Experiment

__all__ = ["RemoteEntry"]


@dataclass(frozen=True)
class RemoteEntry:
    """What a remote launcher script of one back-end calls.

    :param make_inside: makes the launcher that runs in the jobs
    :param about: what ``--help`` says first
    :param requirements: files beside the entry point that say what the jobs need
    :param with_scripts: the benchmarks' own ``requirements.txt`` are needed there as well
    :param shares_job: see ``RemoteLauncher``
    """

    make_inside: MakeLauncher
    about: str
    requirements: Sequence[str]
    with_scripts: bool = False
    shares_job: Callable[[Launch], Callable[[Experiment], object]] | None = None

    def launch_remote(
        self,
        entry_point: Path,
        methods: Mapping[str, Method],
        benchmark_definitions: BenchmarkDefinitions,
        extra_args: ExtraArgs | None = None,
        source_dependencies: Sequence[str | Path] | None = None,
        map_method_args: MapMethodArgs | None = None,
    ) -> NoReturn:
        """Launch what the command line of this process asks for, and exit.

        :param entry_point: the ``hpo_main.py`` that runs in the jobs; its folder travels, with
            ``benchmarking`` and ``syne_core``
        :param methods: those of that file
        :param benchmark_definitions: those of that file
        :param extra_args: those of that file
        :param source_dependencies: more folders that it needs; imported by their names
        :param map_method_args: that of that file
        """
        inside = self.make_inside(
            methods, benchmark_definitions, extra_args=extra_args, map_method_args=map_method_args
        )
        launcher = self.remote_launcher(inside, entry_point, source_dependencies)
        run_command(lambda: run_remote_launcher(launcher, sys.argv[1:]))

    def remote_launcher(
        self, inside: Launcher, entry_point: Path, source_dependencies: Sequence[str | Path] | None = None
    ) -> RemoteLauncher:
        """The remote launcher of this back-end.

        :param inside: the launcher that runs in the jobs
        """
        return RemoteLauncher(
            inside,
            Path(entry_point),
            self.requirements,
            self.with_scripts,
            [Path(folder) for folder in source_dependencies or ()],
            self.shares_job,
            self.about,
        )
