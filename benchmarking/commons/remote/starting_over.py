"""``--restart`` of a remote study: what its experiments left on S3 is removed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarking.commons.remote.markers import (
    LAUNCHED,
    RUNNING,
    STOPPED,
    State,
    StateRecord,
    read_record,
    read_states,
    write_state,
)
from benchmarking.commons.remote.place import side_by_side
from benchmarking.commons.study.experiment import Experiment
from syne_core.errors import UsageError
from syne_core.paths import ExperimentKeys

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession

__all__ = ["start_over"]

_REASON = "to be started over"


def start_over(session: AwsSession, bucket: str, experiments: Sequence[Experiment]) -> None:
    """Remove the results of ``experiments``, of which none may be running.

    Their markers stay, as stopped ones: they say which names of jobs are taken.

    :raises UsageError: one is running
    :raises SyneError: S3 does not answer
    """
    from syne_core.aws.client_errors import clear_errors
    from syne_core.aws.s3_objects import S3Objects

    tag = experiments[0].tag
    s3, objects = session.client("s3"), S3Objects(session, bucket)
    with clear_errors(f"remove earlier results of {tag}"):
        states = read_states(s3, bucket, tag)
        known = [(one, states[one.id[:8]]) for one in experiments if one.id[:8] in states]
        running = [one.name for one, state in known if state.state in (LAUNCHED, RUNNING)]
        if running:
            more = f" and {len(running) - 1} more" if len(running) > 1 else ""
            raise UsageError(f"--restart: {running[0]}{more} may be running; first  synebench stop {tag}")

        def remove(entry: tuple[Experiment, State]) -> None:
            one, state = entry
            record = read_record(s3, bucket, tag, one.id[:8], state.state)
            record = record or StateRecord(one.name, 0, "", time.time())
            record = replace(record, time=time.time(), cause=None, reason=_REASON, log_tail=())
            write_state(s3, bucket, tag, one.id[:8], STOPPED, record)
            keys = ExperimentKeys(one.name)
            objects.delete_below(keys.leaf)
            objects.delete_below(keys.trials)

        side_by_side(remove, known)
