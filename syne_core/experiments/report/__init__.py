"""A report on studies: one HTML page that needs nothing else, Markdown, or JSON.

``collect_report`` gathers everything into a ``ReportDocument``; the other modules write that down.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.experiments.report.collect import collect_report
    from syne_core.experiments.report.document import ReportDocument
    from syne_core.experiments.report.html_page import as_html
    from syne_core.experiments.report.markdown import as_markdown

_HOME = {
    "ReportDocument": "document",
    "collect_report": "collect",
    "as_html": "html_page",
    "as_markdown": "markdown",
}

__all__ = ["ReportDocument", "as_html", "as_markdown", "collect_report"]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core.experiments.report' has no attribute {name!r}") from None
    return getattr(import_module(f"syne_core.experiments.report.{home}"), name)


def __dir__() -> "list[str]":
    return sorted(__all__)
