"""Run one short trial of a benchmark and say in words what is wrong with its script."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.backend.trial_status import Status
from syne_core.config_space import decode_config

__all__ = ["Finding", "check_benchmark"]

_SHORT = 4  # epochs of the trial
_PAUSE_AFTER = (
    2  # reports: a script that repeats its last report on resuming differs from one that starts over
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    :param level: ``good``, ``warning`` or ``bad``
    """

    level: str
    what: str

    def to_json(self) -> dict[str, str]:
        """As shown by ``--json``."""
        return {"level": self.level, "what": self.what}


@dataclass
class _Run:
    """What a trial did."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    status: str = Status.in_progress
    failure: str | None = None
    seconds: float = 0.0


def check_benchmark(definition: RealBenchmarkDefinition, timeout: float) -> list[Finding]:
    """Train the default configuration for a few epochs, then again with a pause in the middle.

    :param timeout: seconds for each of the two
    """
    config = {**decode_config(_middle(definition), definition.config_space)}
    config[definition.max_resource_attr] = min(_SHORT, definition.max_resource)
    with tempfile.TemporaryDirectory(prefix="synebench-doctor-") as folder:
        whole = _train(definition, config, Path(folder) / "whole", timeout)
        findings = _about_reports(whole, definition, config)
        if whole.status == Status.completed:
            findings += _about_checkpoint(Path(folder) / "whole")
        if any(finding.level == "bad" for finding in findings):
            return findings
        paused = _train(definition, config, Path(folder) / "paused", timeout, pause_after=_PAUSE_AFTER)
        return [*findings, *_about_resume(whole, paused, definition)]


def _middle(definition: RealBenchmarkDefinition) -> list[float]:
    from syne_core.config_space import non_constant_hyperparameter_keys

    return [0.5] * len(non_constant_hyperparameter_keys(definition.config_space))


def _train(
    definition: RealBenchmarkDefinition,
    config: dict[str, Any],
    folder: Path,
    timeout: float,
    pause_after: int | None = None,
) -> _Run:
    """One trial to its end; with ``pause_after``, paused after so many reports and resumed."""
    backend = LocalBackend(str(definition.script))
    backend.set_path(str(folder))
    run, start = _Run(), time.monotonic()
    try:
        trial_id = backend.start_trial(config).trial_id
        _follow(backend, run, start + timeout, lambda: len(run.reports) >= (pause_after or math.inf))
        if pause_after is not None and run.status == Status.in_progress:
            backend.pause_trial(trial_id)
            _follow(backend, run, start + timeout, lambda: False)
            backend.resume_trial(trial_id)
            run.status = Status.in_progress
            _follow(backend, run, start + timeout, lambda: False)
    finally:
        backend.close()
    run.seconds = time.monotonic() - start
    return run


def _follow(backend: LocalBackend, run: _Run, deadline: float, enough: Callable[[], bool]) -> None:
    """Until the run ends, ``enough`` is true, or time is up."""
    while time.monotonic() < deadline:
        states, news = backend.fetch_status_results([0])
        run.reports.extend(report for _, report in news)
        trial, run.status = states[0]
        run.failure = getattr(trial, "failure", None)
        if run.status not in (Status.in_progress, Status.stopping):
            return
        if enough():
            return
        backend.wait(0.5)
    run.failure = "it did not end in time; --timeout gives it more"


def _about_reports(run: _Run, definition: RealBenchmarkDefinition, config: dict[str, Any]) -> list[Finding]:
    if run.status != Status.completed:
        return [Finding("bad", f"the trial did not complete: {run.failure or run.status}")]
    if not run.reports:
        return [
            Finding(
                "bad",
                "the script ran but reported nothing: call Reporter() of syne_core once, then "
                f"report({definition.resource_attr or 'epoch'}=..., {definition.metric}=...) every epoch",
            )
        ]
    epochs = config[definition.max_resource_attr]
    findings = [Finding("good", f"{len(run.reports)} reports in {run.seconds:.1f} s")]
    findings += _about_values(run.reports, definition)
    last = run.reports[-1].get(definition.resource_attr or "")
    if isinstance(last, int) and last != epochs:
        findings.append(
            Finding(
                "bad",
                f"with --{definition.max_resource_attr} {epochs} the last report is for "
                f"{definition.resource_attr} {last}: does the script read the argument?",
            )
        )
    return findings


def _about_values(reports: list[dict[str, Any]], definition: RealBenchmarkDefinition) -> list[Finding]:
    names = ", ".join(name for name in reports[0] if not name.startswith("st_"))
    metric, resource = definition.metric, definition.resource_attr
    findings = []
    values = [report.get(metric) for report in reports]
    if any(value is None for value in values):
        findings.append(Finding("bad", f"reports lack the metric '{metric}'; they have: {names}"))
    elif any(isinstance(v, (str, bool)) or not math.isfinite(v) for v in values if v is not None):
        findings.append(Finding("warning", f"'{metric}' is not a finite number in every report"))
    else:
        findings.append(Finding("good", f"metric '{metric}' is reported"))
    if resource is not None:
        steps = [report.get(resource) for report in reports]
        if steps == list(range(1, len(steps) + 1)):
            findings.append(Finding("good", f"'{resource}' counts 1, 2, ..."))
        else:
            findings.append(
                Finding("bad", f"'{resource}' should count 1, 2, ... but is {steps}; reports have: {names}")
            )
    return findings


def _about_checkpoint(folder: Path) -> list[Finding]:
    files = [path for path in folder.glob("trials/0/checkpoints/**/*") if path.is_file()]
    if files:
        size = sum(path.stat().st_size for path in files) / 1e6
        return [Finding("good", f"a checkpoint is written to --st_checkpoint_dir ({size:.1f} MB)")]
    return [
        Finding(
            "warning",
            "nothing is written to --st_checkpoint_dir: paused trials (ASHA) and trials of an "
            "interrupted experiment start from scratch",
        )
    ]


def _about_resume(whole: _Run, paused: _Run, definition: RealBenchmarkDefinition) -> list[Finding]:
    if paused.status != Status.completed:
        return [
            Finding("bad", f"after a pause the trial does not complete: {paused.failure or paused.status}")
        ]
    resource = definition.resource_attr or "st_worker_iter"
    curves = [
        {report.get(resource): report.get(definition.metric) for report in reversed(run.reports)}
        for run in (whole, paused)
    ]
    again = len(paused.reports) - len(curves[1])
    findings = []
    if again > 1:
        findings.append(Finding("warning", f"after a pause it trains {again} epochs again"))
    else:
        findings.append(Finding("good", "after a pause it goes on where it was"))
    if curves[0] == curves[1]:
        findings.append(
            Finding("good", "a paused and resumed trial reports the same values as one in a piece")
        )
    elif curves[0].keys() == curves[1].keys():
        findings.append(Finding("warning", "values differ after a pause: random numbers are not restored"))
    else:
        missing = sorted(curves[0].keys() - curves[1].keys())
        findings.append(
            Finding(
                "warning",
                f"after a pause, reports for {resource} {missing} are missing: a script that is stopped "
                "between checkpoint and report should report what the checkpoint holds when it resumes",
            )
        )
    return findings
