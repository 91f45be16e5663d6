"""The parts of the back-end that exist only while it is connected, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from syne_core.aws.client_errors import clear_errors
from syne_core.aws.job_states import TrainingJobs, is_transient
from syne_core.aws.report_reader import ReportReader
from syne_core.aws.s3_objects import S3Objects
from syne_core.aws.session import AwsSession
from syne_core.backend.sagemaker.checkpoints import Checkpoints
from syne_core.backend.sagemaker.job_board import JobBoard
from syne_core.backend.sagemaker.job_factory import JobFactory
from syne_core.backend.sagemaker.job_starter import JobStarter
from syne_core.backend.sagemaker.job_watch import JobWatch
from syne_core.backend.sagemaker.past_runs import PastRuns
from syne_core.backend.sagemaker.timing import Timing
from syne_core.backend.sagemaker.workers import Workers

__all__ = ["Machinery", "patiently"]

T = TypeVar("T")

_NUM_WORKERS = 8
#: Seconds for which a call that the tuner waits for is repeated.
_PATIENCE = 60.0


class Machinery:
    """Board, starter, watch and their threads, for one experiment. ``start`` before use, ``close`` after."""

    def __init__(self, session: AwsSession, factory: JobFactory, timing: Timing) -> None:
        self.factory, self.timing = factory, timing
        self.board = JobBoard(timing)
        self.store = S3Objects(session, factory.bucket)
        self.jobs = TrainingJobs(session)
        self.workers = Workers(_NUM_WORKERS, "sagemaker-jobs")
        self.readers = Workers(_NUM_WORKERS, "sagemaker-reports")
        home = factory.home
        self.reader = ReportReader(self.store, home.keys.reports)
        self.past = PastRuns(self.board, self.store, self.jobs, factory, self.readers)
        self.checkpoints = Checkpoints(self.board, self.store, self.jobs, home, self.workers)
        self.watch = JobWatch(
            self.board, self.reader, self.store, self.jobs, home, self.readers, self.workers
        )
        self.starter = JobStarter(
            self.board,
            self.store,
            self.jobs,
            factory,
            self.past,
            self.checkpoints,
            self.workers,
            self.watch.wake,
        )

    def start(self) -> None:
        """See what earlier sessions left, and begin to watch.

        :raises SyneError: S3 does not answer
        """
        with clear_errors(f"look into bucket '{self.factory.bucket}'"):
            patiently(lambda: self.past.find(self.reader.look()))
        self.watch.start()

    def close(self) -> None:
        """End all threads."""
        self.watch.close()
        self.workers.close(5.0)
        self.readers.close(1.0)


def patiently(call: Callable[[], T]) -> T:
    """The result of ``call``, which is repeated while it fails for reasons that pass."""
    deadline, delay = time.monotonic() + _PATIENCE, 0.2
    while True:
        try:
            return call()
        except Exception as error:
            if not is_transient(error) or time.monotonic() > deadline:
                raise
        time.sleep(delay)
        delay = min(2 * delay, 5.0)
