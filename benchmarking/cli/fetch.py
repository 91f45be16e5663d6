"""``synebench fetch``: bring a trained model here."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarking.cli.fahr_options import ConfigCommand, chosen_driver, driver_options
from benchmarking.commons.quoting import one_line
from syne_core.errors import UsageError

if TYPE_CHECKING:
    from benchmarking.train_job.bringing import Fetched
    from benchmarking.train_job.driver import Artifact

__all__ = ["command"]

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)


@click.command(cls=ConfigCommand, epilog="Example: synebench fetch . foo/model s3://my-bucket/models")
@click.argument("local_dir")
@click.argument("tag_or_job")
@click.argument("s3_path", required=False)
@driver_options
@click.option("--extract/--no-extract", default=True, help="unpack the archive; default: yes")
@click.option(
    "--max-size", "--max_size", default="20GB", show_default=True, help="most that it may unpack to"
)
@click.option("--overwrite", is_flag=True, help="replace files that no earlier fetch put there")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    local_dir: str,
    tag_or_job: str,
    s3_path: str | None,
    train_driver: str,
    config: tuple[str, ...],
    extract: bool,
    max_size: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Bring the model of a job, or of the newest job of a tag (foo/model), into LOCAL_DIR.

    Size and checksum are verified, and nothing is written outside of LOCAL_DIR. A fetch that was cut off goes
    on where it was; files that no earlier fetch put there are not replaced. provenance.json says what was
    trained. S3_PATH is an archive, or the --config.output_path of fit; without it, the job is asked.
    """
    from rich.filesize import decimal

    from benchmarking.train_job.bringing import FetchOptions
    from benchmarking.train_job.fetching import fetch_model

    driver = chosen_driver(train_driver, config)
    folder = Path(local_dir).expanduser()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; LOCAL_DIR is a folder")
    with _bar() as progress:
        options = FetchOptions(extract, _bytes(max_size), overwrite, progress)
        fetched = fetch_model(driver, folder, tag_or_job, s3_path, options)
    for note in fetched.notes:
        print(f"Note: {note}", file=sys.stderr)
    if fetched.replaced:
        print(f"Note: replaced files that were there: {fetched.replaced}", file=sys.stderr)
    if as_json:
        print(json.dumps(_as_json(fetched), indent=2, default=str))
    else:
        for name in (*fetched.files, *fetched.output):
            print(one_line(folder / name))
    what = f"{decimal(fetched.size)} of {fetched.job or tag_or_job}"
    print(f"Fetched {what}; {folder / fetched.provenance_file} says where it comes from", file=sys.stderr)


def _as_json(fetched: Fetched) -> dict[str, object]:
    return {
        "folder": str(fetched.folder),
        "job": fetched.job,
        "files": list(fetched.files),
        "output": list(fetched.output),
        "bytes": fetched.size,
        "provenance": fetched.provenance,
    }


def _bytes(text: str) -> int:
    """A size such as ``500MB`` or ``1.5G``, of binary units.

    :raises UsageError: it is none
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--max-size is like 500MB or 20GB, not '{text}'")
    return int(float(found[1]) * _UNITS[found[2].upper()])


@contextmanager
def _bar() -> Iterator[Callable[[Artifact, int], None]]:
    """On a terminal, a bar for each archive."""
    if not sys.stderr.isatty():
        yield lambda artifact, size: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def show(artifact: Artifact, size: int) -> None:
            if artifact.name not in tasks:
                tasks[artifact.name] = bars.add_task(artifact.name, total=artifact.size)
            bars.update(tasks[artifact.name], completed=size)  # type: ignore[arg-type]

        yield show
