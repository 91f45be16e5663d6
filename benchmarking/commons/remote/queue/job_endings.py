"""What it means for the experiments of a job that the job ended as SageMaker says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from syne_core.aws.job_states import JobState

__all__ = ["Ending", "Verdict", "ending_of"]


class Verdict(Enum):
    """Of the experiments that the job left without a result."""

    never_made = "there is no such job: make it"
    not_ours = "the job is of an earlier study of the same name: take the next name"
    no_capacity = "AWS had no instance: wait, then a new job"
    infrastructure = "AWS failed, or time was up: a new job, a few times"
    code = "the code failed, and would again"
    stopped = "somebody stopped it"


@dataclass(frozen=True)
class Ending:
    """A verdict, and AWS's words."""

    verdict: Verdict
    reason: str


def ending_of(state: JobState | None, was_seen: bool, is_ours: bool) -> Ending:
    """The verdict on a job that has ended, or that there is not.

    :param state: None: there is no job of that name
    :param was_seen: whether there was one
    :param is_ours: whether it was made for the attempt that is asked about
    """
    if state is None:
        if was_seen:
            return Ending(Verdict.infrastructure, "SageMaker does not know its job any more")
        return Ending(Verdict.never_made, "its job was not made")
    if not is_ours:
        return Ending(Verdict.not_ours, f"{state.name} is an older job")
    reason = " ".join((state.reason or "").split())
    if state.status == "Completed":
        return Ending(Verdict.infrastructure, "its job completed, but left no record of it")
    if state.ran_too_long:
        return Ending(Verdict.infrastructure, "its job ran into its time limit")
    if state.status == "Stopped":
        if state.secondary == "Interrupted":
            return Ending(Verdict.infrastructure, "its spot instance was taken away")
        return Ending(Verdict.stopped, "its job was stopped")
    if state.lacked_capacity:
        return Ending(Verdict.no_capacity, reason)
    if state.failed_inside:
        return Ending(Verdict.infrastructure, reason)
    return Ending(Verdict.code, reason or "its job failed, SageMaker does not say why")
