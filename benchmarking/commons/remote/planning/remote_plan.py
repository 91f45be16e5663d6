"""The plan of a remote study: what is to be done for each experiment, and what that needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.remote.planning.cost_plan import CostPlan
from benchmarking.commons.remote.planning.footprint import Footprint, footprint, together
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import Action, StudyPlan
from syne_core.aws.prices import Price, table_price

__all__ = ["TO_RETRY", "RemoteAction", "RemotePlan", "RemotePlanned", "group_by_job"]


#: The state, beside those of markers, of an experiment that AWS failed and that has attempts left.
TO_RETRY = "to be tried again"


class RemoteAction(Action):
    """What is to be done for an experiment that is a job."""

    adopt = "adopt"
    leave_failed = "failed before"
    leave = "leave"


@dataclass(frozen=True)
class RemotePlanned:
    """An experiment, what is to be done for it, and what it occupies."""

    experiment: Experiment
    action: str
    footprint: Footprint

    @property
    def is_to_do(self) -> bool:
        """Whether a job is to run for it."""
        return self.action not in (RemoteAction.skip, RemoteAction.leave_failed, RemoteAction.leave)

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--dry_run --json``."""
        return {"action": self.action, **self.experiment.to_json(), **self.footprint.to_json()}


@dataclass(frozen=True)
class RemotePlan:
    """The experiments of a remote launch, in the order in which they are to start.

    :param groups: those to do that share a job, by position in ``planned``
    """

    planned: tuple[RemotePlanned, ...]
    groups: tuple[tuple[int, ...], ...]
    max_parallel_jobs: int | None = None

    @classmethod
    def of(
        cls,
        experiments: Sequence[Experiment],
        settings: SimpleNamespace,
        states: Mapping[str, str] | None = None,
        shares_job: Callable[[Experiment], object] = id,
    ) -> RemotePlan:
        """Decide by what is known.

        :param states: what S3 says, state by the first 8 digits of the identity; None: it was not asked,
            and what this machine has tells
        :param shares_job: experiments for which this gives the same share a job
        """
        local = StudyPlan.of(list(experiments), settings.restart).planned
        planned = [
            RemotePlanned(
                one.experiment,
                _action(one.action, one.experiment, settings, states),
                footprint(one.experiment, settings),
            )
            for one in local
        ]
        groups = group_by_job([i for i, one in enumerate(planned) if one.is_to_do], planned, shares_job)
        return cls(tuple(planned), groups, settings.max_parallel_jobs)

    def to_do(self) -> list[RemotePlanned]:
        """Those for which a job is to run, or runs."""
        return [one for one in self.planned if one.is_to_do]

    def footprints(self) -> list[Footprint]:
        """Those of the jobs."""
        grouped = [[self.planned[i].footprint for i in group] for group in self.groups]
        return [some[0] if len(some) == 1 else together(some) for some in grouped]

    def new_footprints(self) -> list[Footprint]:
        """Those of the jobs that are to be made: not all of their experiments run already."""
        adopted = [all(self.planned[i].action == RemoteAction.adopt for i in group) for group in self.groups]
        return [needs for needs, runs in zip(self.footprints(), adopted, strict=True) if not runs]

    def cost(self, price_of: Callable[[str], Price | None] = table_price) -> CostPlan:
        """What all jobs to do need."""
        return CostPlan.of(self.footprints(), self.max_parallel_jobs, price_of)


def group_by_job(
    positions: Iterable[int], planned: Sequence[RemotePlanned], shares_job: Callable[[Experiment], object]
) -> tuple[tuple[int, ...], ...]:
    """``positions``, those together whose experiments share a job."""
    groups: dict[object, list[int]] = {}
    for position in positions:
        groups.setdefault(shares_job(planned[position].experiment), []).append(position)
    return tuple(tuple(group) for group in groups.values())


def _action(
    here: str, experiment: Experiment, settings: SimpleNamespace, states: Mapping[str, str] | None
) -> str:
    """S3 knows better than this machine, which may have run the experiment, or pulled its results."""
    if settings.restart:
        return Action.restart if states is None or experiment.id[:8] in states else Action.run
    if states is None:
        return here
    state = states.get(experiment.id[:8])
    if state == TO_RETRY or (state == "failed" and settings.retry_failed):
        return Action.continue_
    if state == "failed":
        return RemoteAction.leave_failed
    known = {"finished": Action.skip, "stopped": Action.continue_}
    known |= dict.fromkeys(("launched", "running"), RemoteAction.adopt)
    found = known.get(state or "", Action.skip if here == Action.skip else Action.run)
    # The queue does the same: --retry_failed is about those that failed and no others.
    return RemoteAction.leave if settings.retry_failed and found in (Action.run, Action.continue_) else found
