"""Bayesian optimisation: a Gaussian process proposes configurations that are likely to improve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from syne_core.config_space import config_space_size, enumerate_configs
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.gaussian_process.features import FeatureMap
from syne_core.optimizer.gaussian_process.fit import fit_hyperparameters, prior_mean
from syne_core.optimizer.gaussian_process.kernel import Hyperparameters
from syne_core.optimizer.gaussian_process.maximise import Acquisition, rank_candidates
from syne_core.optimizer.gaussian_process.posterior import Posterior
from syne_core.optimizer.gaussian_process.targets import standardise
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.optimizer.schedulers.searchers.observations import Observations, TrainingData
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher
from syne_core.optimizer.schedulers.searchers.unseen_configs import UnseenConfigs

if TYPE_CHECKING:
    from syne_core.optimizer.scheduler import TrialScheduler

__all__ = ["BayesianOptimizationSearcher"]

Array = NDArray[np.float64]

#: Where MOBSTER looks for improvement: values of ``resource_acq``.
RESOURCE_RULES = ("bohb", "first")
_ENOUGH = 3
# Finite spaces up to this size are searched exhaustively.
_MOST_LISTED = 1000
# Up to so many values the model is cheap, and more effort is spent on its maximum.
_FEW = 50
_RANDOM_OVER_RESOURCES = 0.25


class BayesianOptimizationSearcher(BaseSearcher):
    """Expected improvement under a Gaussian process, with evaluations that are still running in mind.

    With a scheduler that compares trials at rungs, the process is over configuration and resource jointly
    (MOBSTER, Klein et al. 2020, "Model-based asynchronous hyperparameter and neural architecture search"): it
    learns from reports at rung levels, and improvement is sought at the resource ``resource_acq`` names.

    The first configurations are ``points_to_evaluate`` and then random ones, the same as random search's. A
    diverged trial counts as the worst value known. The configuration of a failed trial is not proposed again.

    :param num_init_random: configurations proposed before the model is asked, ``points_to_evaluate`` counted;
        default: 4, or the number of hyperparameters plus 1 if that is less
    :param num_init_candidates: random candidates that the search for the best one begins with
    :param num_fantasies: draws of the values of pending evaluations
    :param max_size_data_for_model: values that the model is fitted to at most: time grows with its cube
    :param opt_skip_init_length: with more values than this the hyperparameters of the model are fitted
        anew only when the number of values has grown by 5 %
    :param resource_acq: ``"bohb"``: improvement at the largest resource with 3 values or more (Falkner et al.
        2018); ``"first"``: at the lowest rung
    :param allow_duplicates: whether a configuration may be proposed again
    :param random_fraction: share of random configurations, spread evenly, among those after the first;
        default: with rungs 1/4, where most of them cost little and some lead out of a basin (Falkner et al.
        2018 take 1/3), else 0
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "exact"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        mode: str = "min",
        random_seed: int | None = None,
        num_init_random: int | None = None,
        num_init_candidates: int = 2000,
        num_fantasies: int = 8,
        max_size_data_for_model: int = 500,
        opt_skip_init_length: int = 100,
        resource_acq: str = "bohb",
        allow_duplicates: bool = False,
        random_fraction: float | None = None,
    ) -> None:
        super().__init__(config_space, metric, points_to_evaluate, mode, random_seed)
        self._features = FeatureMap(config_space)
        if num_init_random is None:
            num_init_random = min(4, self._features.num_groups + 1)
        self.num_init_random = _at_least("num_init_random", num_init_random, 1)
        self.num_init_candidates = _at_least("num_init_candidates", num_init_candidates, 50)
        self.num_fantasies = _at_least("num_fantasies", num_fantasies, 1)
        self.max_size_data_for_model = _at_least("max_size_data_for_model", max_size_data_for_model, 10)
        self.opt_skip_init_length = _at_least("opt_skip_init_length", opt_skip_init_length, 0)
        if resource_acq not in RESOURCE_RULES:
            raise UnknownNameError("resource_acq", str(resource_acq), RESOURCE_RULES)
        self.resource_acq = resource_acq
        self.allow_duplicates = allow_duplicates
        self.random_fraction = None if random_fraction is None else _share("random_fraction", random_fraction)
        self.resource_attr: str | None = None
        self._sign = 1.0 if mode == "min" else -1.0
        # The purpose is that of random search, so that the first configurations are the same.
        self._first_streams = RandomStreams(self.random_seed, "random searcher")
        self._streams = RandomStreams(self.random_seed, "bayesopt searcher")
        self._unseen = UnseenConfigs(config_space)
        self._observations = Observations(self._features)
        self._num_suggested = 0
        self._hyperparameters: Hyperparameters | None = None
        self._num_fitted = 0

    def configure_scheduler(self, scheduler: TrialScheduler) -> None:
        """A scheduler with rungs makes the model one over configuration and resource."""
        self.resource_attr = getattr(scheduler, "resource_attr", None)
        if self.resource_attr is None:
            return
        max_resource = getattr(scheduler, "max_resource_level", None)
        if max_resource is None:
            raise UsageError("Bayesian optimisation over resources must know the largest: give max_t")
        self._observations = Observations(self._features, int(max_resource))

    # -- configurations ------------------------------------------------------------------------

    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        config = self._next_initial_config()
        fitted = self._hyperparameters, self._num_fitted
        if config is None:
            config = self._random_config() if self._is_random_turn() else self._model_config()
        if config is None:
            # Such calls are not recorded, so a resumed experiment would not have fitted here.
            self._hyperparameters, self._num_fitted = fitted
            return None
        self._num_suggested += 1
        self._note(trial_id, config)
        return config

    def state(self) -> dict[str, Any]:
        fitted = self._hyperparameters
        return {
            **super().state(),
            "num_suggested": self._num_suggested,
            "listing": self._unseen.listing,
            "num_fitted": self._num_fitted,
            "hyperparameters": None if fitted is None else fitted.to_list(),
        }

    def replay_config(self, trial_id: str, config: dict[str, Any], state: Mapping[str, Any]) -> None:
        self._num_initial = state["num_initial"]
        self._num_suggested = state["num_suggested"]
        self._unseen.listing = state["listing"]
        self._num_fitted = state["num_fitted"]
        fitted, groups = state["hyperparameters"], self._features.num_groups
        self._hyperparameters = None if fitted is None else Hyperparameters.from_list(fitted, groups)
        self._note(trial_id, config)

    def _note(self, trial_id: str, config: Mapping[str, Any]) -> None:
        self._unseen.exclude(config)
        self._observations.add_trial(trial_id, config)

    def _is_random_turn(self) -> bool:
        nothing_to_fit = self._observations.num_values == 0 or self._features.num_columns == 0
        if nothing_to_fit or self._num_suggested < self.num_init_random:
            return True
        share = self.random_fraction
        if share is None:
            share = 0.0 if self.resource_attr is None else _RANDOM_OVER_RESOURCES
        return int((self._num_suggested + 1) * share) > int(self._num_suggested * share)

    def _random_config(self) -> dict[str, Any] | None:
        rng = self._first_streams.generator(self._num_suggested)
        return self._unseen.draw(rng, exclude=False) or self._repeated(rng)

    def _repeated(self, rng: Generator) -> dict[str, Any] | None:
        """Once all configurations were proposed: any, if that is wanted."""
        return UnseenConfigs(self.config_space).draw(rng) if self.allow_duplicates else None

    # -- the model -----------------------------------------------------------------------------

    def _model_config(self) -> dict[str, Any] | None:
        left = self._listed()
        if left is not None and not left:
            return None
        rng = self._streams.generator(self._num_suggested)
        data = self._observations.training_data(self.max_size_data_for_model)
        targets = standardise(self._sign * data.values)
        self._fit(data, targets, rng)
        acquisition, anchors = self._acquisition(data, targets, rng)
        if left is not None:
            return left[int(np.argmax(acquisition(self._features.rows(left))))]
        num_random = self.num_init_candidates * _FEW // max(_FEW, len(data.rows))
        ranked = rank_candidates(acquisition, self._features, anchors, max(200, num_random), rng)
        for features in ranked:
            config = {**self.config_space, **self._features.decode(features)}
            if self.allow_duplicates or not self._unseen.is_excluded(config):
                return config
        return self._unseen.draw(rng, exclude=False)

    def _fit(self, data: TrainingData, targets: Array, rng: Generator) -> None:
        """Fit the hyperparameters anew, unless little has changed."""
        known = self._observations.num_values
        due = self._num_fitted + (known // 20 if known > self.opt_skip_init_length else 1)
        if self._hyperparameters is not None and known < due:
            return
        groups = self._features.num_groups
        start = prior_mean(groups, self.resource_attr is not None)
        starts = [start] if self._hyperparameters is None else [self._hyperparameters, start]
        if known <= _FEW:
            shaken = start.to_log() + 0.5 * rng.standard_normal(len(start.to_log()))
            starts.append(Hyperparameters.from_log(shaken, groups))
        self._hyperparameters = fit_hyperparameters(data.rows, targets, self._features.groups, starts)
        self._num_fitted = known

    def _acquisition(self, data: TrainingData, targets: Array, rng: Generator) -> tuple[Acquisition, Array]:
        """The acquisition function, and features of known configurations, the most promising first."""
        assert self._hyperparameters is not None
        pending = data.pending if len(data.pending) else None
        posterior = Posterior(
            data.rows, targets, self._features.groups, self._hyperparameters, pending, self.num_fantasies, rng
        )
        resource = None
        if self.resource_attr is not None:
            resource = self._observations.position(self._target_resource())
        # Not the best value seen: noise would make that one look better than anything can be.
        unbiased = Acquisition(posterior, np.empty(0), resource)
        means = posterior.means(unbiased.rows(data.configs))
        order = np.argsort(means.mean(axis=1), kind="stable")
        return Acquisition(posterior, means.min(axis=0), resource), data.configs[order]

    def _target_resource(self) -> float:
        if self.resource_acq == "first":
            return self._observations.smallest_resource()
        return self._observations.largest_resource_with(_ENOUGH)

    def _listed(self) -> list[dict[str, Any]] | None:
        """In a small finite space: all configurations that may be proposed; else None."""
        if config_space_size(self.config_space, _MOST_LISTED) is None:
            return None
        return [
            config
            for config in enumerate_configs(self.config_space)
            if self.allow_duplicates or not self._unseen.is_excluded(config)
        ]

    # -- reports -------------------------------------------------------------------------------

    def _update(self, trial_id: str, config: dict[str, Any], result: dict[str, Any]) -> None:
        resource = None if self.resource_attr is None else result[self.resource_attr]
        self._observations.add(trial_id, _as_float(result[self.metric]), resource)

    def register_pending(
        self, trial_id: str, config: dict[str, Any] | None = None, milestone: int | None = None
    ) -> None:
        self._observations.expect(trial_id, milestone)

    def cleanup_pending(self, trial_id: str) -> None:
        self._observations.expect_nothing(trial_id)

    def evaluation_failed(self, trial_id: str) -> None:
        self._observations.expect_nothing(trial_id)

    def remove_case(self, trial_id: str, **kwargs: Any) -> None:
        resource = kwargs.get(self.resource_attr) if self.resource_attr else None
        self._observations.remove(trial_id, resource)


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an int beyond all floats
        return math.inf if value > 0 else -math.inf


def _at_least(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise UsageError(f"{name} must be an integer of at least {least}, not {value!r}")
    return int(value)


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise UsageError(f"{name} must be a number from 0 to 1, not {value!r}")
    return float(value)
