"""Everything that an experiment writes while it runs, and its clock: journal, status, metadata."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from syne_core.atomic_file import write_json
from syne_core.errors import ResultsError
from syne_core.experiment_status import ExperimentStatus, read_status, write_status
from syne_core.journal import Journal
from syne_core.paths import ExperimentPaths
from syne_core.replay import Replayed, replay
from syne_core.report_layout import ReportLayouts
from syne_core.results_table import ResultsTable, write_results
from syne_core.trial_ledger import TrialLedger
from syne_core.tuning_status import TuningStatus

__all__ = ["ExperimentRecord"]

logger = logging.getLogger(__name__)

# Records that a death may cost where the journal is not durable.
_MOST_PENDING = 1000


class ExperimentRecord:
    """The record of one experiment, open for one session.

    :param clock: seconds, monotonic, real or simulated
    :param max_wallclock_time: limit in seconds to show in the status, None if there is none
    :param durable: False: what is lost can be had again at little cost, so the disk is not waited for, and
        records are written many at a time
    :raises ExperimentLockedError: if another process has it open
    """

    def __init__(
        self,
        paths: ExperimentPaths,
        clock: Callable[[], float],
        max_wallclock_time: float | None,
        durable: bool = True,
    ) -> None:
        self.paths = paths
        self._clock = clock
        self._max_wallclock_time = max_wallclock_time
        self._durable = durable
        self._journal = Journal(paths.journal)
        self._layouts = ReportLayouts()
        self._table: ResultsTable | None = None
        self._results_are_complete = False
        self._start = clock()
        self._offset = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the start of the experiment, over all sessions."""
        return self._offset + self._clock() - self._start

    def replay_into(self, ledger: TrialLedger, identity: dict[str, Any]) -> Replayed:
        """Replay earlier sessions; the clock continues where they ended.

        :raises JournalError: if the folder holds another experiment
        """
        past = replay(self._journal.records(), ledger, identity)
        if past.sessions:
            self._offset = max(past.elapsed, self._elapsed_in_status())
        self._start = self._clock()
        return past

    def begin_session(self, identity: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Note who runs the experiment from now on; the first session writes the metadata."""
        self.append(
            "session", pid=os.getpid(), host=socket.gethostname(), time=time.time(), identity=identity
        )
        self.commit()
        if not self.paths.metadata.exists():
            write_json(self.paths.metadata, metadata)

    def append(self, event: str, **values: Any) -> None:
        """Add a record to the journal; see ``syne_core.journal`` for the events."""
        self._results_are_complete &= event != "report"
        record = {"event": event, "t": round(self.elapsed, 6), **values}
        self._journal.append(record)
        if self._table is not None:
            self._table.take(record)

    def append_report(
        self, trial_id: int, report: dict[str, Any], decision: str, status: str, notes: dict[str, Any]
    ) -> None:
        """``append`` for reports, which are most of the journal.

        :param notes: what else the record has
        """
        known = None if notes else self._layouts.of(report)
        if known is None:
            self.append("report", trial=trial_id, report=report, decision=decision, status=status, **notes)
            return
        self._results_are_complete = False
        layout, texts = known
        t = repr(round(self._offset + self._clock() - self._start, 6))
        self._journal.append_line(layout.line % (t, trial_id, *texts, decision, status))
        if self._table is not None:
            self._table.take_numbers(layout, texts, trial_id, decision, status, t)

    def flush(self) -> None:
        """Hand what was appended to the operating system: it survives the tuner's death."""
        if self._durable or self._journal.num_pending >= _MOST_PENDING:
            self._journal.commit()

    def commit(self) -> None:
        """Return once the disk has what was appended: it survives the machine's."""
        if self._durable:
            self._journal.commit(durable=True)
        else:
            self.flush()

    def keep_results(self) -> None:
        """From now on, keep the table of results up to date, so that ``write_results`` costs little."""
        self._journal.commit()
        self._table = ResultsTable(self.paths.results.parent)
        for record in self._journal.records():
            self._table.take(record)

    def write_results(self) -> None:
        """Replace ``results.csv.zip``.

        :raises OSError: if the disk is full; the old table stays
        """
        if self._table is None:
            write_results(self.paths.journal, self.paths.results)
        else:
            self._journal.commit()  # a table must not know more than the journal
            self._table.write(self.paths.results)
        self._results_are_complete = True

    def write_status(self, state: str, tuning_status: TuningStatus, reason: str = "") -> None:
        """Replace ``status.json``."""
        best = tuning_status.incumbent
        status = ExperimentStatus(
            state=state,
            reason=reason,
            elapsed=self.elapsed,
            trials=tuning_status.trial_counts(),
            num_reports=tuning_status.num_reports,
            best=None if best is None else best.to_json(),
            max_wallclock_time=self._max_wallclock_time,
        )
        write_status(self.paths.status, status)

    def restore_status(self, end: dict[str, Any], tuning_status: TuningStatus) -> None:
        """Write the status of a finished experiment whose tuner died before it could."""
        try:
            status = read_status(self.paths.status)
        except ResultsError as error:
            logger.warning("%s; writing it again", error)
            status = None
        if status is None or status.state != end["state"]:
            self.write_status(end["state"], tuning_status, end["reason"])

    def close(self) -> None:
        """Write what is left and let others continue the experiment."""
        if self._table is not None:
            self._table.close()
            self._table = None
        self._journal.close()
        if self._results_are_complete and self.paths.results.exists():
            os.utime(self.paths.results)  # readers take the journal where that is newer, which is slower

    def _elapsed_in_status(self) -> float:
        """A killed tuner wrote its status later than its last event."""
        try:
            status = read_status(self.paths.status)
        except ResultsError as error:
            logger.warning("%s; the clock continues from the journal", error)
            return 0.0
        return status.elapsed if status else 0.0
