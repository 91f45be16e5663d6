"""The files of a skeleton, and how they come into a folder without harm to what is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path

from benchmarking.commons.quoting import one_line
from benchmarking.commons.skeleton.definition_text import definition_text, guesses
from benchmarking.commons.skeleton.domains import CHANGE_ME
from benchmarking.commons.skeleton.names import Names
from benchmarking.commons.skeleton.training_script import CHECKPOINT_ARGUMENT, TrainingScript
from syne_core.errors import UsageError

__all__ = ["Skeleton", "make_skeleton", "write_skeleton"]

_HPO_MAIN = '''\
"""Runs methods on {name}: see --help. The same command again continues."""

from pathlib import Path

from baselines import methods
from benchmarking.commons.benchmark_definitions.definition_file import read_definition
from benchmarking.commons.hpo_main_local import main

DEFINITION = Path(__file__).with_name("{name}.yaml")


def benchmark_definitions(sagemaker_backend=False):
    return {{"{name}": read_definition(DEFINITION, sagemaker_backend)}}


if __name__ == "__main__":
    main(methods, benchmark_definitions)
'''
_BASELINES = '''\
"""The methods that are compared, by the names that they have in results."""

from benchmarking.commons.default_baselines import ASHA, RandomSearch

methods = {
    "RS": lambda method_arguments: RandomSearch(method_arguments),
    "ASHA": lambda method_arguments: ASHA(method_arguments, type="promotion"),
}
'''
_PLOT_RESULTS = '''\
"""Draws the comparison: see --help. Works while experiments run."""

from benchmarking.commons.plot_results import main

if __name__ == "__main__":
    main()
'''


@dataclass(frozen=True)
class Skeleton:
    """A benchmark of one's own, not yet written.

    :param name: of the benchmark; the definition is ``NAME.yaml``
    :param files: contents by file name
    :param notes: what the user should know or do first
    """

    folder: Path
    name: str
    files: dict[str, str]
    notes: tuple[str, ...]

    @property
    def definition(self) -> Path:
        """The definition file."""
        return self.folder / f"{self.name}.yaml"


def make_skeleton(folder: Path, script: TrainingScript, names: Names) -> Skeleton:
    """The files for ``script`` in ``folder``; nothing is written."""
    name = _benchmark_name(folder, script)
    files = {
        f"{name}.yaml": definition_text(script, names, folder),
        "hpo_main.py": _HPO_MAIN.format(name=name),
        "baselines.py": _BASELINES,
        "plot_results.py": _PLOT_RESULTS,
        "requirements.txt": _requirements(script),
    }
    return Skeleton(folder, name, files, tuple(_notes(script, names, name)))


def write_skeleton(skeleton: Skeleton, script: Path, force: bool = False) -> None:
    """Write the files.

    :param script: is never overwritten
    :param force: overwrite other files
    :raises UsageError: if files are in the way
    """
    folder = skeleton.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{one_line(folder)}: {error.strerror}") from None
    paths = {folder / name: text for name, text in skeleton.files.items()}
    if any(path.exists() and path.samefile(script) for path in paths):
        raise UsageError(f"{one_line(script)} would be overwritten; choose another folder")
    existing = [one_line(path) for path in paths if path.exists()]
    if existing and not force:
        raise UsageError(f"Exists already: {', '.join(existing)}; --force overwrites")
    for path, text in paths.items():
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{one_line(path)}: {error.strerror}") from None


def _benchmark_name(folder: Path, script: TrainingScript) -> str:
    """That of the folder, else of the script, in characters that folders of results may have."""
    for text in (folder.resolve().name, script.path.stem):
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", text).lstrip("_.-")
        if name:
            return name
    return "benchmark"


def _requirements(script: TrainingScript) -> str:
    lines = [f"# What {one_line(script.path.name)} imports; synebench must be installed beside it."]
    known = packages_distributions() if script.imports else {}
    for module in script.imports:
        distributions = sorted(set(known.get(module, ())))
        if distributions:
            # Without "+cpu" and the like, which no requirement may ask for.
            lines.append(f"{distributions[0]}>={version(distributions[0]).partition('+')[0]}")
        else:
            lines.append(f"{module}  # edit: not installed here, so the package's name is a guess")
    return "\n".join(lines) + "\n"


def _notes(script: TrainingScript, names: Names, name: str) -> list[str]:
    notes = []
    for option, one in guesses(script, names).items():
        if one.value == CHANGE_ME:
            notes.append(f"--{option} has no default: give its value in {name}.yaml, for {CHANGE_ME}")
    for argument in script.arguments:
        if argument.required and argument.why_left_out:
            notes.append(
                f"'{argument.name}' is required and {argument.why_left_out}: trials are started with --name "
                "value and will fail"
            )
    notes += [
        f"line {line}: this argument has no literal name and was not read" for line in script.unread_lines
    ]
    if not script.takes_checkpoint_dir:
        notes.append(
            f"{one_line(script.path.name)} must take --{CHECKPOINT_ARGUMENT}, which every trial is started "
            f'with: add parser.add_argument("--{CHECKPOINT_ARGUMENT}")'
        )
    return [one_line(note) for note in notes]
