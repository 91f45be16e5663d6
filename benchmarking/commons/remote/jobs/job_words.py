"""The command line that an experiment's job runs the user's launcher with, and the files that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarking.commons.benchmark_definitions.definition_file import benchmark_name
from benchmarking.commons.flags import Flag, Given, looks_like_path
from benchmarking.commons.study.experiment import Experiment
from syne_core.errors import UsageError

__all__ = ["JobWords", "Luggage"]

# Said anew for each job, of no meaning in a job, or already done when it starts.
_NOT_PASSED_ON = frozenset(
    {"benchmark", "method", "num_seeds", "start_seed", "n_workers", "study", "n_parallel"}
    | {"restart", "dry_run", "json", "debug", "run_one", "run_many", "yes", "region", "role", "s3_bucket"}
)


@dataclass
class Luggage:
    """Where files and folders of this machine lie in a job, whose working folder is that of the launcher.

    :param launcher_folder: its content lies at the top
    :param folders: those that lie beside, by name
    """

    launcher_folder: Path
    folders: dict[str, Path] = field(default_factory=dict)

    def add(self, folder: Path) -> None:
        """Take ``folder`` along.

        :raises UsageError: it does not exist, or there is another of that name
        """
        folder = folder.absolute()
        if not folder.exists():
            raise UsageError(f"{folder} does not exist")
        other = self.folders.setdefault(folder.name, folder)
        if not other.samefile(folder):
            raise UsageError(f"{folder} and {other} cannot both travel to the job: they have the same name")

    def holds(self, path: Path) -> bool:
        """Whether ``path`` travels."""
        return self._place(path) is not None

    def place(self, path: Path) -> str:
        """Where ``path`` lies in the job; its folder is taken along if nothing holds it so far."""
        found = self._place(path)
        if found is None:
            self.add(path if path.is_dir() else path.absolute().parent)
            found = self._place(path)
        assert found is not None
        return found

    def _place(self, path: Path) -> str | None:
        resolved = path.resolve()
        inside = [
            (self.launcher_folder, ""),
            *((folder, f"{name}/") for name, folder in self.folders.items()),
        ]
        for folder, front in inside:
            if resolved.is_relative_to(folder.resolve()):
                rest = resolved.relative_to(folder.resolve()).as_posix()
                return (front + rest).removesuffix("/.") if front else f"./{rest}"
        return None


@dataclass(frozen=True)
class JobWords:
    """Writes command lines for jobs.

    :param flags: of the launcher in the job
    :param given: what the user gave, by flag name
    :param fixed: flags that are decided here
    """

    flags: Sequence[Flag]
    given: Mapping[str, Given]
    fixed: Mapping[str, str | None]
    luggage: Luggage

    def of(self, experiments: Sequence[Experiment]) -> list[str]:
        """The words for the job that runs ``experiments``."""
        seeds = [experiment.seed for experiment in experiments]
        own = {
            "benchmark": self._benchmarks(experiments),
            "method": _listed(e.method for e in experiments),
            "start_seed": str(min(seeds)),
            "num_seeds": str(max(seeds) + 1),
            "n_workers": _listed(str(e.n_workers) for e in experiments),
        }
        said = {**self._passed_on(), **own, **self.fixed}
        names = [flag.name for flag in self.flags]
        return [f"--{name}={said[name]}" for name in names if said.get(name) is not None]

    @property
    def names_files(self) -> bool:
        """Whether a benchmark is defined by a file."""
        return bool(self._definition_files())

    def benchmark_files(self) -> dict[str, str]:
        """Where, in a job, the files lie that define benchmarks."""
        return {name: self.luggage.place(path) for name, path in self._definition_files().items()}

    def take_along(self) -> None:
        """Put the files and folders that the flags name into the luggage.

        :raises UsageError: two of them have the same name
        """
        self._passed_on()
        for path in self._definition_files().values():
            self.luggage.place(path)

    def _passed_on(self) -> dict[str, str]:
        by_name = {flag.name: flag for flag in self.flags}
        said = {}
        for name, given in self.given.items():
            if name in by_name and name not in _NOT_PASSED_ON:
                said[name] = ",".join(self._text(by_name[name], given, text) for text in given.texts)
        return said

    def _text(self, flag: Flag, given: Given, text: str) -> str:
        if not (flag.parse is Path or (flag.path and looks_like_path(text))):
            return text
        return self.luggage.place(_located(given, text))

    def _benchmarks(self, experiments: Sequence[Experiment]) -> str:
        files = self._definition_files()
        names = list(dict.fromkeys(e.benchmark for e in experiments))
        return ",".join(self.luggage.place(files[name]) if name in files else name for name in names)

    def _definition_files(self) -> dict[str, Path]:
        given = self.given.get("benchmark")
        if given is None:
            return {}
        paths = [_located(given, text) for text in given.texts if looks_like_path(text)]
        return {benchmark_name(path): path for path in paths}


def _located(given: Given, text: str) -> Path:
    path = Path(text).expanduser()
    return given.folder / path if given.folder is not None else path


def _listed(texts: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(texts))
