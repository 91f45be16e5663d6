"""Resume: feed the journal of earlier sessions to a fresh scheduler and ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syne_core.backend.trial_status import Trial
from syne_core.errors import JournalError
from syne_core.optimizer.scheduler import TrialSuggestion
from syne_core.trial_ledger import TrialLedger

__all__ = ["Replayed", "replay"]


@dataclass
class Replayed:
    """What the journal says beyond the ledger.

    :param elapsed: seconds on the experiment's clock at the last record
    :param ending: why the experiment was about to end, None if it was not
    :param end: the ``end`` record, None if the experiment is unfinished
    :param sessions: number of sessions so far
    :param to_resume: trials, with new configurations, that the scheduler wanted resumed and that
        were not resumed yet
    """

    elapsed: float = 0.0
    ending: str | None = None
    end: dict[str, Any] | None = None
    sessions: int = 0
    to_resume: list[tuple[int, dict[str, Any] | None]] = field(default_factory=list)


def replay(records: Iterable[dict[str, Any]], ledger: TrialLedger, identity: dict[str, Any]) -> Replayed:
    """Bring ``ledger`` and its scheduler to where the journal ends.

    :param identity: what the running experiment is; each session's must equal it
    :raises JournalError: if the journal belongs to another experiment or contradicts itself
    """
    past = Replayed()
    for record in records:
        past.elapsed = max(past.elapsed, record.get("t", 0.0))
        try:
            _apply(record, ledger, identity, past)
        except (KeyError, IndexError, ValueError) as error:
            raise JournalError(f"journal: contradictory {record['event']} record ({error!r})") from error
    return past


def _apply(record: dict[str, Any], ledger: TrialLedger, identity: dict[str, Any], past: Replayed) -> None:
    event = record["event"]
    if event == "session":
        past.sessions += 1
        _check_identity(record["identity"], identity)
        ledger.begin_session()
    elif event == "suggest":
        _apply_suggestion(record, ledger, past)
    elif event == "resume":
        _apply_resume(record, ledger, past)
    elif event == "report":
        _apply_report(record, ledger)
    elif event == "redeliver":
        tracked = ledger.trials[record["trial"]]
        ledger.show(tracked, tracked.held.popleft(), recorded=record["decision"])
    elif event == "end_run":
        ledger.end_run(ledger.trials[record["trial"]], record["state"], record.get("is_through", False))
    elif event == "ending":
        past.ending = record["reason"]
    elif event == "end":
        past.end = record
    else:
        raise JournalError(f"journal: unknown event '{event}'; written by a newer version?")


def _apply_suggestion(record: dict[str, Any], ledger: TrialLedger, past: Replayed) -> None:
    asked, source, config = record["asked"], record["source"], record["config"]
    starts = record["kind"] == "start"
    suggestion = TrialSuggestion(starts, source, config)
    ledger.scheduler.replay_suggestion(asked, suggestion, record["state"])
    if starts:
        ledger.add(Trial(asked, config, datetime.fromtimestamp(record["time"])), source)
    else:
        past.to_resume.append((source, config))


def _apply_resume(record: dict[str, Any], ledger: TrialLedger, past: Replayed) -> None:
    trial_id, config = record["trial"], record["config"]
    past.to_resume.remove((trial_id, config))
    ledger.resume(trial_id, config)


def _apply_report(record: dict[str, Any], ledger: TrialLedger) -> None:
    tracked, report = ledger.trials[record["trial"]], record["report"]
    plain = record.get("plain", False)
    ledger.is_repeat(tracked, report, plain)
    ledger.note(tracked, report)
    if plain:
        return
    if record.get("late"):
        ledger.hold(tracked, report)
    else:
        ledger.show(tracked, report, recorded=record["decision"])


def _check_identity(recorded: dict[str, Any], identity: dict[str, Any]) -> None:
    for key, value in identity.items():
        if recorded.get(key) != value:
            raise JournalError(
                f"this folder holds another experiment: its {key} is {recorded.get(key)!r}, not {value!r}; "
                "use another name, or start over"
            )
