"""``synebench report``: all that a study shows, in one file."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarking.commons.plot_results import choice_options

if TYPE_CHECKING:
    from syne_core.experiments.report import ReportDocument

__all__ = ["command"]

_ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".json": "json"}
_FORMATS = ("html", "md", "json")


@click.command(epilog="Example: synebench report demo -o report.html")
@click.argument("tags", metavar="TAG [TAG ...]", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="file to write; - is standard output  [default: report.html, or the ending of --format]",
)
@click.option("--format", "file_format", help="html, md or json; default: what the output's ending says")
@choice_options
@click.option("--confidence", type=float, default=0.95, show_default=True, help="of the intervals, below 1")
@click.option("--json", "as_json", is_flag=True, help="print JSON: short for -o - --format json")
def command(
    tags: tuple[str, ...],
    output: Path | None,
    file_format: str | None,
    benchmark: tuple[str, ...],
    method: tuple[str, ...],
    metric: str | None,
    mode: str | None,
    confidence: float,
    as_json: bool,
) -> None:
    """Write a report on one or more studies: a page that needs nothing else, Markdown, or JSON.

    The page holds the answer in words with what limits it, curves, final values, ranks, every seed down to
    its trials, cost, settings, and the data. It works offline; send it to anybody.
    """
    chosen, target = ("json", None) if as_json else _chosen(output, file_format)
    from syne_core.experiments import load_studies
    from syne_core.experiments.report import collect_report

    _say(f"Reading {', '.join(tags)} ...")
    study = load_studies(
        tags, benchmarks=benchmark, methods=method, metric=0 if metric is None else metric, mode=mode
    )
    document = collect_report(study, confidence, on_progress=_progress())
    text = _writer(chosen)(document)
    if target is None:
        sys.stdout.write(text)
    else:
        _write(target, text)
    _say_what_follows(document, target)


def _chosen(output: Path | None, file_format: str | None) -> tuple[str, Path | None]:
    """Format and file; no file means standard output.

    :raises UnknownNameError: no such format
    :raises UsageError: an ending that says nothing
    """
    from syne_core.errors import UnknownNameError, UsageError

    if file_format is not None and file_format not in _FORMATS:
        raise UnknownNameError("format", file_format, _FORMATS)
    if output is None:
        chosen = file_format or "html"
        return chosen, Path(f"report.{chosen}")
    if str(output) == "-":
        return file_format or "md", None
    found = file_format or _ENDINGS.get(output.suffix.lower())
    if found is None:
        valid = ", ".join(_ENDINGS)
        raise UsageError(f"Report file '{output}': say --format, or let the ending be one of {valid}")
    return found, output


def _writer(file_format: str) -> Callable[[ReportDocument], str]:
    from syne_core.experiments.report import as_html, as_markdown

    writers: dict[str, Callable[[ReportDocument], str]] = {
        "html": as_html,
        "md": as_markdown,
        "json": _as_json,
    }
    return writers[file_format]


def _as_json(document: ReportDocument) -> str:
    return json.dumps(document.to_json(), separators=(",", ":"), allow_nan=False, default=str) + "\n"


def _write(path: Path, text: str) -> None:
    from syne_core.atomic_file import replacing
    from syne_core.errors import UsageError

    try:
        with replacing(path.expanduser()) as file:
            file.write(text.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        raise UsageError(f"Report file '{path}' cannot be written: {error.strerror or error}") from None


def _progress() -> Callable[[int, int], None]:
    """Says now and then how far it is."""
    import time

    said = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said > 2:
            said = time.monotonic()
            _say(f"{done} of {total} experiments read")

    return progress


def _say_what_follows(document: ReportDocument, target: Path | None) -> None:
    for cut in document.cuts:
        _say(f"Note: {cut}")
    for folder in document.left_out:
        _say(f"Note: left out: {folder.path}: {folder.reason}")
    if target is not None:
        _say(f"\nWrote {target} ({_size(target.expanduser().stat().st_size)})")
    tag = shlex.quote(document.tags[0])
    _say(f"Next:  synebench plot {tag}   synebench best {tag}")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def _say(line: Any) -> None:
    print(line, file=sys.stderr)
