"""``synebench pull``: bring a remote study here."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from benchmarking.cli.remote_options import chosen_place, remote_only

if TYPE_CHECKING:
    from benchmarking.commons.remote.pulling.pulling import Pulled

__all__ = ["command"]

_MOST_NAMED = 5


@click.command(epilog="Example: synebench pull tutorial_local")
@click.argument("tag")
@click.option(
    "--what",
    type=click.Choice(["results", "all"]),
    default="results",
    show_default=True,
    help="results, metadata, journal, status and log; or logs and checkpoints of trials too",
)
@click.option("--overwrite", is_flag=True, help="replace files here that differ and were not pulled, too")
@remote_only
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    tag: str, what: str, overwrite: bool, s3_bucket: str | None, region: str | None, as_json: bool
) -> None:
    """Copy what is new of a remote study into the folder where a study of this machine would lie."""
    from benchmarking.commons.remote.pulling.pulled_files import PulledFiles
    from benchmarking.commons.remote.pulling.pulling import pull_study
    from benchmarking.commons.remote.records.remote_study import read_study

    study = read_study(chosen_place(s3_bucket, region), tag)
    files = PulledFiles(study, what)
    note = "  (its folders have - for _)" if files.differs_from_sync else ""
    print(f"The same as:  {files.sync_command()}{note}", file=sys.stderr)
    try:
        with _bar() as progress:
            pulled = pull_study(study, what, overwrite, progress)
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on where it was", file=sys.stderr)
        raise
    if as_json:
        print(json.dumps(_as_json(pulled), indent=2))
    _print_result(pulled, study.tag)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """On a terminal, a bar."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("files"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("files", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _as_json(pulled: Pulled) -> dict[str, object]:
    return {
        "folder": str(pulled.folder),
        "files": pulled.files,
        "bytes": pulled.size,
        "up_to_date": pulled.up_to_date,
        "kept": [str(path) for path in pulled.kept],
        "seconds": pulled.seconds,
    }


def _print_result(pulled: Pulled, tag: str) -> None:
    what = f"{pulled.files} files, {pulled.size / 1e6:.1f} MB, in {pulled.seconds:.1f} s"
    print(f"Pulled {what} to {pulled.folder}; {pulled.up_to_date} were up to date", file=sys.stderr)
    if pulled.kept:
        for path in pulled.kept[:_MOST_NAMED]:
            print(f"Note: kept, since it was written here and differs: {path}", file=sys.stderr)
        print(f"Note: {len(pulled.kept)} such files; --overwrite replaces them", file=sys.stderr)
    shown = shlex.quote(tag)
    print(f"\nNext:  synebench plot {shown}   synebench best {shown}", file=sys.stderr)
