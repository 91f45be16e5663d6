"""Every error that a user can cause, with the exit code that the command line returns.

::

    SyneError                       1
      UsageError                    2   bad flag, key, name or value
        ConfigSpaceError            2   bad domain or configuration
        BenchmarkDefinitionError    2   bad benchmark definition
        BlackboxError               2   a tabulated benchmark that is damaged or does not fit
        UnknownNameError            2   a name that is not among the valid ones
        MissingDependencyError      2   an optional package is not installed
        AwsSetupError               2   no credentials, region, role or bucket, or not the right ones
      ExperimentError               1   an experiment could not run to its end
        ExperimentLockedError       1   another process is running this experiment
        TooManyFailuresError        1   more than ``max_failures`` trials failed
        JournalError                1   the record of an experiment cannot be continued
      ResultsError                  1   results are missing or cannot be read
      RefusedError                  5   refused by budget or quota

Without an error of this kind: 3 if experiments or trials failed (``SOME_FAILED``), 130 after Ctrl-C
(``INTERRUPTED``, as of a program that SIGINT ended).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "INTERRUPTED",
    "SOME_FAILED",
    "AwsSetupError",
    "BenchmarkDefinitionError",
    "BlackboxError",
    "ConfigSpaceError",
    "ExperimentError",
    "ExperimentLockedError",
    "JournalError",
    "MissingDependencyError",
    "RefusedError",
    "ResultsError",
    "SyneError",
    "TooManyFailuresError",
    "UnknownNameError",
    "UsageError",
    "nearest_name",
]


SOME_FAILED = 3
INTERRUPTED = 130


class SyneError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what a command returns for it."""

    exit_code = 1


class UsageError(SyneError):
    """Something that the user typed is wrong. Several mistakes may be joined, one per line."""

    exit_code = 2

    @classmethod
    def joined(cls, mistakes: Iterable[str]) -> UsageError:
        """One error that reports all ``mistakes``, a line each."""
        return cls("\n".join(mistakes))


class ConfigSpaceError(UsageError):
    """A domain has impossible bounds, or a configuration does not fit its space."""


class BenchmarkDefinitionError(UsageError):
    """A benchmark definition contradicts itself or points to a missing file."""


class BlackboxError(UsageError):
    """A tabulated benchmark is damaged, or does not fit what is asked of it; the message names the cell."""


class UnknownNameError(UsageError):
    """A name is not among the valid ones; the message suggests the nearest.

    :param kind: what is named, for example ``"benchmark"``
    :param name: what was given
    :param valid: the names that would have been accepted
    """

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        self.kind, self.name, self.valid = kind, name, sorted(valid)
        near = nearest_name(name, self.valid)
        hint = f" Did you mean '{near}'?" if near else ""
        super().__init__(
            f"Unknown {kind} '{name}'.{hint} Valid: {', '.join(_families(self.valid)) or '(none)'}"
        )


class ExperimentError(SyneError):
    """An experiment could not run to its end."""


class ExperimentLockedError(ExperimentError):
    """Another process is running this experiment; two writers would corrupt it."""


class TooManyFailuresError(ExperimentError):
    """More trials failed than ``max_failures`` allows."""


class JournalError(ExperimentError):
    """The record of an experiment cannot be continued by what was asked to run."""


class ResultsError(SyneError):
    """Results are missing or cannot be read."""


class MissingDependencyError(UsageError):
    """An optional package is needed.

    :param package: what could not be imported
    :param extra: the extra of synebench that brings it
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"This needs {package}: pip install 'synebench[{extra}]'")


class AwsSetupError(UsageError):
    """AWS cannot be used as things are set up: credentials, region, role, bucket, instance type."""


class RefusedError(SyneError):
    """Refused by a budget or a quota, before anything was started."""

    exit_code = 5


def _families(names: list[str]) -> list[str]:
    """Four names or more that differ after their last underscore as one: ``glue_{cola,mnli,rte,sst2}``."""
    families: dict[str, list[str]] = {}
    for name in names:
        stem, _, end = name.rpartition("_")
        families.setdefault(stem, []).append(end)
    large = {stem for stem, ends in families.items() if stem and len(ends) >= 4}
    shown = (f"{s}_{{{','.join(families[s])}}}" if (s := n.rpartition("_")[0]) in large else n for n in names)
    return list(dict.fromkeys(shown))


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that is most like ``name``, or None if none is similar."""
    by_folded = {v.casefold(): v for v in valid}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[close[0]] if close else None
