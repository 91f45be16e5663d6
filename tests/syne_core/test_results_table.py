"""The results table: a view of the journal, the same bytes for the same journal."""

from __future__ import annotations

import itertools
import math
import zipfile
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import RandomScheduler, ScriptedBackend, epochs, make_tuner

from syne_core import Tuner
from syne_core.errors import JournalError
from syne_core.experiment_record import ExperimentRecord
from syne_core.journal import Journal, read_journal
from syne_core.paths import ExperimentPaths
from syne_core.results_callback import ExtraResultsComposer, StoreResultsCallback
from syne_core.results_table import ResultsTable, write_results

Record = dict[str, Any]


def suggest(trial_id: int, **config: Any) -> Record:
    return {
        "event": "suggest",
        "kind": "start",
        "asked": trial_id,
        "source": None,
        "config": config,
        "t": 0.5,
    }


def report(
    trial_id: int, t: float, decision: str = "CONTINUE", extra: Record | None = None, **values: Any
) -> Record:
    record = {"event": "report", "t": t, "trial": trial_id, "report": values, "decision": decision}
    return {**record, "status": "InProgress", **({"extra": extra} if extra else {})}


def journal_of(path: Path, *records: Record) -> Path:
    path.unlink(missing_ok=True)
    with Journal(path) as journal:
        for record in records:
            journal.append(record)
    return path


def table(journal: Path) -> tuple[pd.DataFrame, bytes]:
    target = journal.with_name("results.csv.zip")
    write_results(journal, target)
    return pd.read_csv(target), target.read_bytes()


def test_row_for_each_report_with_the_documented_columns(tmp_path: Path) -> None:
    journal = journal_of(
        tmp_path / "j",
        {"event": "session", "t": 0, "identity": {}},
        suggest(0, lr=0.1, name="a,b\n\"c'"),
        report(0, 1.25, loss=0.5, epoch=1, st_worker_time=0.5, st_worker_iter=0),
        suggest(1, lr=0.2, name="d"),
        report(1, 2.0, "PAUSE", loss=math.nan, epoch=1),
        {"event": "end_run", "t": 2, "trial": 1, "state": "Paused", "reason": ""},
        {"event": "suggest", "kind": "resume", "asked": 2, "source": 1, "config": {"lr": 9}, "t": 3},
        {"event": "resume", "trial": 1, "config": {"lr": 0.3, "name": "e"}, "t": 3},
        {"event": "redeliver", "trial": 1, "decision": "CONTINUE", "t": 3},
        report(1, 4.0, "STOP", loss=-math.inf, epoch=2, extra={"more": 7}),
        {"event": "resume", "trial": 0, "config": None, "t": 5},
        report(0, 5.0, loss=0.25, epoch=2),
        {"event": "end", "t": 6, "state": "finished", "reason": ""},
    )
    frame, _ = table(journal)
    assert list(frame.columns) == [
        *("loss", "epoch", "st_worker_time", "st_worker_iter", "trial_id", "st_decision", "st_status"),
        *("config_lr", "config_name", "st_tuner_time", "more"),
    ]
    assert frame["trial_id"].tolist() == [0, 1, 1, 0]
    assert frame["epoch"].tolist() == [1, 1, 2, 2]
    assert frame["loss"].tolist()[2:] == [-math.inf, 0.25]
    assert math.isnan(frame["loss"][1])
    assert frame["st_decision"].tolist() == ["CONTINUE", "PAUSE", "STOP", "CONTINUE"]
    assert frame["config_lr"].tolist() == [0.1, 0.2, 0.3, 0.1], (
        "a resumed trial may have another configuration"
    )
    assert frame["config_name"].tolist() == ["a,b\n\"c'", "d", "e", "a,b\n\"c'"]
    assert frame["st_tuner_time"].tolist() == [1.25, 2.0, 4.0, 5.0]
    assert frame["more"].dropna().tolist() == [7]


def test_same_journal_gives_the_same_bytes(tmp_path: Path) -> None:
    journal = journal_of(tmp_path / "j", suggest(0, x=1), *(report(0, i, loss=1 / i) for i in range(1, 50)))
    _, first = table(journal)
    _, second = table(journal)
    assert first == second
    with zipfile.ZipFile(tmp_path / "results.csv.zip") as archive:
        assert archive.namelist() == ["results.csv"]


values = (
    st.integers(-9, 9)
    | st.floats()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
)


@given(rows=st.lists(st.dictionaries(st.sampled_from("abcde"), values, max_size=4), max_size=6))
def test_table_holds_what_was_reported_whatever_each_report_had(tmp_path: Path, rows: list[Record]) -> None:
    journal = journal_of(tmp_path / "j", suggest(0), *(report(0, i, **row) for i, row in enumerate(rows)))
    target = tmp_path / "results.csv.zip"
    write_results(journal, target)
    frame = pd.read_csv(target, dtype=str, keep_default_na=False)
    assert len(frame) == len(rows)
    for row, (_, read) in zip(rows, frame.iterrows(), strict=True):
        assert {name: read[name] for name in row} == {name: str(value) for name, value in row.items()}
        assert all(read[name] == "" for name in set("abcde") & set(frame.columns) - set(row))


@pytest.mark.parametrize("records", [[], [suggest(0, x=1)]])
def test_experiment_without_reports_has_an_empty_table(tmp_path: Path, records: list[Record]) -> None:
    frame, _ = table(journal_of(tmp_path / "j", *records))
    assert len(frame) == 0
    assert list(frame.columns) == ["trial_id", "st_decision", "st_status", "st_tuner_time"]


finite = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
names = st.sampled_from(["a", "b", 'c,"\n', "100%s", "trial_id"])
configurations = st.dictionaries(st.sampled_from(["p", 'q"', "a"]), values, max_size=2)
extra_values = st.dictionaries(st.sampled_from(["b", "more"]), values, max_size=2)


@given(
    configs=st.lists(configurations, min_size=3, max_size=3),
    reports=st.lists(
        st.tuples(
            st.integers(0, 2), st.dictionaries(names, finite | values, max_size=3), st.just({}) | extra_values
        ),
        max_size=12,
    ),
)
def test_table_kept_while_running_is_the_table_of_the_journal(
    tmp_path: Path, configs: list[Record], reports: list[tuple[int, Record, Record]]
) -> None:
    """Both ways to record a report, in any order, with columns that come and go."""
    experiment = ExperimentPaths(tmp_path / "x")
    experiment.journal.unlink(missing_ok=True)
    clock = itertools.count()
    record = ExperimentRecord(experiment, lambda: next(clock) / 7, None, durable=False)
    record.keep_results()
    for trial_id, config in enumerate(configs):
        record.append("suggest", kind="start", asked=trial_id, source=None, config=_strict(config))
    for trial_id, reported, extra in reports:
        notes = {"extra": extra} if extra else {}
        record.append_report(trial_id, reported, "CONTINUE", "InProgress", notes)
    record.write_results()
    kept = experiment.results.read_bytes()
    record.close()
    write_results(experiment.journal, experiment.results)
    assert experiment.results.read_bytes() == kept
    read = [r for r in read_journal(experiment.journal) if r["event"] == "report"]
    assert [repr(r["report"]) for r in read] == [repr(reported) for _, reported, _ in reports]
    frame = pd.read_csv(experiment.results, dtype=str, keep_default_na=False)
    assert len(frame) == len(reports)


def _strict(config: Record) -> Record:
    """Configurations are finite."""
    return {n: v if not isinstance(v, float) or math.isfinite(v) else 0.5 for n, v in config.items()}


def test_columns_that_come_later_are_empty_before(tmp_path: Path) -> None:
    odd = 'two\r\nlines, "quoted"\r\n'
    journal = journal_of(
        tmp_path / "j",
        suggest(0, text=odd),
        *(report(0, 1, loss=0.5), report(0, 2, loss=0.25, late=odd), report(0, 3, loss=0.5, last=1)),
    )
    frame, _ = table(journal)
    assert frame["config_text"].tolist() == [odd] * 3
    assert frame["late"].tolist()[1] == odd
    assert frame["late"].isna().tolist() == [True, False, True]
    assert frame["last"].isna().tolist() == [True, True, False]
    assert frame["st_tuner_time"].tolist() == [1, 2, 3]


def test_text_that_is_not_unicode_does_not_cost_the_table(tmp_path: Path) -> None:
    frame, _ = table(journal_of(tmp_path / "j", suggest(0), report(0, 1, note="a\ud800b")))
    assert frame["note"].tolist() == ["a\\ud800b"]


def test_torn_last_line_is_left_out(tmp_path: Path) -> None:
    journal = journal_of(tmp_path / "j", suggest(0), report(0, 1, loss=1))
    journal.write_bytes(journal.read_bytes() + b'{"event": "report", "trial": 0, "repo')
    assert len(table(journal)[0]) == 1


def test_failure_to_write_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = journal_of(tmp_path / "j", suggest(0), report(0, 1, loss=1))
    _, before = table(journal)
    journal.write_bytes(b"damage\n" + journal.read_bytes())
    with pytest.raises(JournalError, match="line 1"):
        write_results(journal, tmp_path / "results.csv.zip")

    def fail(self: ResultsTable, text: TextIO) -> None:
        raise OSError("No space left on device")

    journal_of(journal, suggest(0), report(0, 2, loss=2))
    monkeypatch.setattr(ResultsTable, "write_csv", fail)
    with pytest.raises(OSError, match="No space"):
        write_results(journal, tmp_path / "results.csv.zip")
    assert (tmp_path / "results.csv.zip").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["j", "results.csv.zip"], (
        "nothing half-written is left"
    )


def test_callback_gives_the_table_as_a_data_frame() -> None:
    callback = StoreResultsCallback()
    make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2), callbacks=[callback]).run()
    frame = callback.dataframe()
    assert frame[["trial_id", "epoch"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]


def test_rewriting_takes_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that takes a second to write is not written every second."""
    clock = [100.0]
    times: list[float] = []

    def slow(tuner: Tuner) -> None:
        times.append(clock[0])
        clock[0] += 1.0

    monkeypatch.setattr(Tuner, "write_results", slow)
    monkeypatch.setattr("syne_core.results_callback.time.monotonic", lambda: clock[0])

    def tick(number: int) -> None:
        clock[0] += 0.5

    backend = ScriptedBackend(epochs(400), on_tick=tick)
    make_tuner(
        backend, RandomScheduler(1), callbacks=[StoreResultsCallback()], results_update_interval=1.0
    ).run()
    pauses = [b - a for a, b in itertools.pairwise(times)][:-1]
    assert len(pauses) > 2
    assert min(pauses) >= 50


def test_table_of_a_finished_experiment_is_not_older_than_its_journal() -> None:
    """Readers believe the newer one, and read the table faster."""
    tuner = make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2), callbacks=[StoreResultsCallback()])
    tuner.run()
    journal, results = tuner.paths.journal.stat(), tuner.paths.results.stat()
    assert results.st_mtime_ns >= journal.st_mtime_ns


def test_composer_must_be_written_out() -> None:
    with pytest.raises(NotImplementedError):
        ExtraResultsComposer()(None)  # type: ignore[arg-type]
    assert ExtraResultsComposer().keys() == []
