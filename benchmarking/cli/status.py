"""``synebench status``: how experiments stand, here or on SageMaker, and how to go on."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from benchmarking.cli.remote_options import chosen_place, chosen_study, remote_or_local
from benchmarking.commons.remote.records.place import is_aws_configured
from syne_core.errors import SyneError

if TYPE_CHECKING:
    from benchmarking.commons.remote.records.remote_study import RemoteStudy
    from syne_core.experiments import ExperimentFolder, ScannedExperiments

__all__ = ["command"]

_COLUMNS = ("TAG", "METHOD", "SEED", "BENCHMARK", "STATE", "TRIALS", "BEST", "ELAPSED", "LEFT")
_TO_CONTINUE = ("interrupted", "failed")


@click.command(epilog="Example: synebench status demo")
@click.argument("tag", required=False)
@remote_or_local
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    tag: str | None, remote: bool | None, s3_bucket: str | None, region: str | None, as_json: bool
) -> None:
    """Show how the experiments of a study stand; without TAG, all studies here and all that runs remotely."""
    if tag is not None:
        study = chosen_study(tag, remote, s3_bucket, region)
        if study is not None:
            _show_remote(study, as_json)
        else:
            _show_local(tag, as_json)
        return
    shown: dict[str, Any] = {}
    if not remote:
        shown = _show_local(None, as_json)
    if remote or (remote is None and is_aws_configured()):
        shown |= _show_running(s3_bucket, region, as_json, is_asked=bool(remote))
    if as_json:
        print(json.dumps(shown, indent=2))


def _show_remote(study: RemoteStudy, as_json: bool) -> None:
    from benchmarking.commons.remote.records.driver import driver_of
    from benchmarking.commons.remote.viewing.overview import look_at
    from benchmarking.commons.remote.viewing.overview_text import print_study

    view = look_at(study)
    print_study(view, None if view.has_ended else driver_of(study), as_json)


def _show_running(s3_bucket: str | None, region: str | None, as_json: bool, is_asked: bool) -> dict[str, Any]:
    """All that runs remotely. Who did not ask for it is not bothered with errors."""
    sys.stdout.flush()
    try:
        from benchmarking.commons.remote.viewing.everything_running import everything_running
        from benchmarking.commons.remote.viewing.overview_text import everything_to_json, print_everything

        everything = everything_running(chosen_place(s3_bucket, region))
    except SyneError as error:
        if is_asked:
            raise
        print(f"Note: what runs remotely is not known: {error}", file=sys.stderr)
        return {}
    if not as_json:
        print_everything(everything)
    return {"remote": everything_to_json(everything)}


def _show_local(tag: str | None, as_json: bool) -> dict[str, Any]:
    from syne_core.experiments import scan_experiments, scan_study

    scanned = scan_experiments() if tag is None else scan_study(tag)
    shown = _as_json(scanned)
    if as_json and tag is not None:
        print(json.dumps(shown, indent=2))
    elif not as_json:
        _print_rows(scanned)
    _print_notes(scanned, tag)
    return shown


def _as_json(scanned: ScannedExperiments) -> dict[str, Any]:
    return {
        "experiments": [_describe(folder) for folder in scanned.good],
        "broken": [{"path": str(broken.path), "reason": broken.reason} for broken in scanned.broken],
    }


def _describe(folder: ExperimentFolder) -> dict[str, Any]:
    status = folder.status
    return {
        "tag": folder.tag,
        "method": folder.method,
        "seed": folder.seed,
        "benchmark": folder.benchmark,
        "n_workers": folder.n_workers,
        "state": folder.state,
        "reason": status.reason if status else "",
        "trials": status.trials if status else None,
        "num_reports": status.num_reports if status else None,
        "best": status.best if status else None,
        "elapsed": folder.elapsed,
        "time_left": _time_left(folder),
        "path": str(folder.path),
    }


def _time_left(folder: ExperimentFolder) -> float | None:
    """Seconds until the time limit; None if there is none, or the experiment has ended without it."""
    if folder.is_finished or folder.elapsed is None or folder.time_limit is None:
        return None
    return max(0.0, folder.time_limit - folder.elapsed)


def _print_rows(scanned: ScannedExperiments) -> None:
    from syne_core.experiments.text_table import print_table

    rows = [_row(folder) for folder in scanned.good]
    rows += [("?", "?", "?", str(broken.path), "broken", "", "", "", "") for broken in scanned.broken]
    if rows:
        print_table(_COLUMNS, rows, right=("SEED", "ELAPSED", "LEFT"))


def _row(folder: ExperimentFolder) -> tuple[str, ...]:
    from benchmarking.commons.study.followers import duration

    left = _time_left(folder)
    return (
        folder.tag,
        folder.method,
        str(folder.seed),
        folder.benchmark,
        folder.state,
        _trials(folder),
        _best(folder),
        "-" if folder.elapsed is None else duration(folder.elapsed),
        "-" if left is None else duration(left),
    )


def _trials(folder: ExperimentFolder) -> str:
    counts = folder.status.trials if folder.status else {}
    return ", ".join(f"{n} {state}" for state, n in counts.items() if n) or "-"


def _best(folder: ExperimentFolder) -> str:
    best = (folder.status.best if folder.status else None) or {}
    value = best.get("value")
    return f"{best.get('metric')} {value:.5g}" if isinstance(value, (int, float)) else "-"


def _print_notes(scanned: ScannedExperiments, tag: str | None) -> None:
    from benchmarking.commons.remote.pulling.pull_record import pulled_from
    from syne_core.paths import experiment_path

    if not scanned.good and not scanned.broken:
        print(f"No experiments in {experiment_path(tag)}", file=sys.stderr)
    stopped = [folder for folder in scanned.good if folder.state in _TO_CONTINUE]
    for folder in stopped:
        why = folder.status.reason.splitlines()[:1] if folder.status else []
        name = f"{folder.method} on {folder.benchmark}, seed {folder.seed}"
        print(f"Note: {name}, is {': '.join([folder.state, *why])}", file=sys.stderr)
    for how in dict.fromkeys(map(_how_to_continue, stopped)):
        print(f"To continue:  {how}", file=sys.stderr)
    if tag is not None and (source := pulled_from(experiment_path(tag))):
        print(f"Pulled from {source}; how it stands there:  synebench status {tag} --remote", file=sys.stderr)
    if scanned.good:
        shown = shlex.quote(tag or scanned.good[0].path.relative_to(experiment_path()).parts[0])
        print(f"\nNext:  synebench plot {shown}   synebench best {shown}", file=sys.stderr)


def _how_to_continue(folder: ExperimentFolder) -> str:
    """The command that started the experiment; it skips what is finished."""
    stored = folder.metadata.get("command")
    words = [word for word in stored if isinstance(word, str)] if isinstance(stored, list) else []
    if not words or any(word.startswith("--restart") for word in words):
        return f"run the command that started study {folder.tag} again, without --restart"
    return shlex.join(words)
