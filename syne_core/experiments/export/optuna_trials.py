"""The trials of an experiment as Optuna's frozen trials.

A trial's value is the best it has reported, so the best value over all trials is the incumbent. Stopped
and paused trials are *pruned*; trials that failed, or never had a finite value, *failed*. Reports are
intermediate values, by resource. Configuration and times are as they were; what Optuna has no name for
is in the attributes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from syne_core.config_space import Categorical, Domain, FiniteRange, Float, Integer
from syne_core.errors import ConfigSpaceError
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import TIME
from syne_core.experiments.metadata import metadata_config_space, number_entry, text_entry
from syne_core.experiments.results_reader import CONFIG_PREFIX
from syne_core.experiments.run_times import trial_runs
from syne_core.experiments.trial_rows import trial_table
from syne_core.optimizer.adapters.optuna_library import optuna_library

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["optuna_trials"]

_PRUNED = ("Stopped", "Paused")


def optuna_trials(folder: ExperimentFolder, metric: str, mode: str) -> list[Any]:
    """The trials of the experiment in ``folder``, as ``optuna.trial.FrozenTrial``, by number.

    :raises ResultsError: the results cannot be read
    :raises MissingDependencyError: Optuna is not installed
    """
    results = folder.load().results
    resource = text_entry(folder.metadata, "resource_attr")
    table = trial_table(results, metric, mode, resource, trial_runs(folder, results))
    make = _TrialMaker(folder, _reports(results, metric, resource))
    rows = table.to_dict("records")
    return [make(number, {str(k): v for k, v in row.items()}) for number, row in enumerate(rows)]


class _TrialMaker:
    """Makes one trial after the other.

    :param reports: resource and metric of each report, by trial
    """

    def __init__(self, folder: ExperimentFolder, reports: Mapping[int, dict[int, float]]) -> None:
        self._trial = optuna_library().trial
        self._folder = folder
        self._reports = reports
        space = metadata_config_space(folder.metadata)
        self._domains = {name: entry for name, entry in space.items() if isinstance(entry, Domain)}
        self._distributions = {name: _distribution(domain) for name, domain in self._domains.items()}
        began = number_entry(folder.metadata, "st_tuner_start_timestamp")
        self._began = datetime.fromtimestamp(folder.created if began is None else began)

    def __call__(self, number: int, row: dict[str, Any]) -> Any:
        """The trial in a row of ``trial_table``."""
        best = float(row["best"])
        state = self._state(str(row["status"]), math.isfinite(best))
        config = {n.removeprefix(CONFIG_PREFIX): v for n, v in row.items() if n.startswith(CONFIG_PREFIX)}
        params = self._params(config)
        is_known = math.isfinite(best) and state != self._trial.TrialState.FAIL
        return self._trial.FrozenTrial(
            number=number,
            trial_id=-1,  # the storage gives it one
            state=state,
            value=best if is_known and state.is_finished() else None,
            datetime_start=self._time(_first(row["start"], row["first_report"], 0.0)),
            datetime_complete=self._time(_first(row["end"], row["last_report"], 0.0))
            if state.is_finished()
            else None,
            params=params,
            distributions={name: self._distributions[name] for name in params},
            user_attrs=_attributes(row, {n: v for n, v in config.items() if n not in params}),
            system_attrs={},
            intermediate_values=self._reports.get(int(row["trial_id"]), {}),
        )

    def _state(self, status: str, has_value: bool) -> Any:
        states = self._trial.TrialState
        if status == "InProgress" and self._folder.state == "running":
            return states.RUNNING
        if status == "Failed" or not has_value:
            return states.FAIL
        return states.PRUNED if status in _PRUNED else states.COMPLETE

    def _params(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Values that their distribution contains; a configuration from elsewhere may lie outside."""
        params = {}
        for name, domain in self._domains.items():
            try:
                value = domain.cast(config[name])
            except (KeyError, ConfigSpaceError):
                continue
            if not _is_moved(config[name], value):
                params[name] = _param(value, domain)
        return params

    def _time(self, seconds: float) -> datetime:
        return self._began + timedelta(seconds=seconds)


def _reports(results: pd.DataFrame, metric: str, resource: str | None) -> dict[int, dict[int, float]]:
    """Of each trial: finite metric by resource, or by number of the report; the first of equal ones."""
    found: dict[int, dict[int, float]] = {}
    if metric not in results.columns or TIME not in results.columns:
        return found
    steps = results[resource].tolist() if resource in results.columns else [None] * len(results)
    rows = zip(results["trial_id"].tolist(), steps, results[metric].tolist(), strict=True)
    for trial, step, value in rows:
        own = found.setdefault(trial, {})
        is_number = isinstance(step, (int, float)) and math.isfinite(step)
        at = int(step) if is_number else len(own) + 1
        if isinstance(value, (int, float)) and math.isfinite(value):
            own.setdefault(at, float(value))
    return found


def _distribution(domain: Domain) -> Any:
    """With the domain's own values, so that the dashboard shows these."""
    made = optuna_library().distributions
    if isinstance(domain, Float):
        return made.FloatDistribution(domain.lower, domain.upper, log=domain.scale == "log")
    if isinstance(domain, Integer):
        return made.IntDistribution(domain.lower, domain.upper, log=domain.scale == "log")
    values = domain.values if isinstance(domain, FiniteRange) else getattr(domain, "categories", ())
    return made.CategoricalDistribution([_param(value, domain) for value in values] or [""])


def _is_moved(value: Any, member: Any) -> bool:
    """Whether ``value`` lies outside, so that ``member`` is only the nearest that there is."""
    if isinstance(member, bool) or not isinstance(member, (int, float)):
        return False
    return not math.isclose(float(value), member, rel_tol=1e-9)


def _param(value: Any, domain: Domain) -> Any:
    """Optuna takes numbers, truth values and text; lists and dictionaries become JSON."""
    if isinstance(domain, Categorical) and isinstance(value, (list, tuple, dict)):
        return json.dumps(value)
    return value


def _attributes(row: Mapping[str, Any], left_over: Mapping[str, Any]) -> dict[str, Any]:
    names = ("trial_id", "status", "resource", "seconds")  # each takes time to store
    attributes = {name: _plain(row[name]) for name in names}
    attributes |= {f"{CONFIG_PREFIX}{name}": _plain(value) for name, value in left_over.items()}
    return {name: value for name, value in attributes.items() if value is not None}


def _plain(value: Any) -> Any:
    """As JSON has it; None for what is not finite."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


def _first(*times: float) -> float:
    return next(float(time) for time in times if math.isfinite(time))
