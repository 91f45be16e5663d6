"""The report as one HTML page that needs nothing else: no server, no network, no other file.

The data lie in the page as JSON; the scripts of ``page/`` draw them. Whatever users wrote (names, values,
messages) reaches the page either as JSON whose ``<``, ``>`` and ``&`` are escaped, or as escaped text, so
it cannot become markup. A content security policy forbids every request.
"""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files
from typing import Any

from syne_core.experiments.curve_style import curve_styles
from syne_core.experiments.report.document import ReportDocument
from syne_core.experiments.report.markdown import final_rows

__all__ = ["as_html", "page_scripts"]

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
# On a dark page, black is not seen, and dark blue hardly.
_DARK = {"#000000": "#F2F2F2", "#0072B2": "#2E93D1"}
_NAMED_DASHES = {"solid": ""}


def as_html(document: ReportDocument) -> str:
    """``document`` as a page."""
    folder = files(__package__) / "page"
    colours, dashes = _styles(document)
    style = (folder / "report.css").read_text(encoding="utf-8") + colours[1]
    parts = {
        "TITLE": html.escape(document.title),
        "STYLE": style,
        "STATIC": _static(document),
        "FOOTER": html.escape(f"synebench {document.synebench}, {document.created}"),
        "DATA": _embedded(document.to_json()),
        "SCRIPT": "\n".join(page_scripts()),
        "COLOURS": str(colours[0]),
        "DASHES": html.escape(json.dumps(dashes)),
    }
    template = (folder / "template.html").read_text(encoding="utf-8")
    # In one pass: what users wrote may look like a placeholder.
    return re.sub(r"@@([A-Z]+)@@", lambda found: parts[found[1]], template)


def page_scripts() -> list[str]:
    """The scripts of the page, in order."""
    folder = files(__package__) / "page"
    scripts = [path for path in folder.iterdir() if path.name.endswith(".js")]
    scripts.sort(key=lambda path: int(path.name.split("_")[0]))
    return [path.read_text(encoding="utf-8") for path in scripts]


def _embedded(value: dict[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)
    return re.sub("[<>&\u2028\u2029]", lambda found: _ESCAPES[found[0]], text)


def _styles(document: ReportDocument) -> tuple[tuple[int, str], list[str]]:
    """Number of colours with their CSS, and dashes, as the figures have them."""
    wanted = [str(i) for i in range(max(7, len(document.labels)))]
    styles = list(curve_styles(wanted).values())
    names = list(dict.fromkeys(style.colour for style in styles))
    rules = "".join(
        f"  --series-{i}: light-dark({colour}, {_DARK.get(colour, colour)});\n"
        for i, colour in enumerate(names)
    )
    dashes = list(dict.fromkeys(_dash_array(style.dashes) for style in styles))
    return (len(names), f":root {{\n{rules}}}\n"), dashes


def _dash_array(dashes: Any) -> str:
    if isinstance(dashes, str):
        return _NAMED_DASHES.get(dashes, "")
    return " ".join(f"{2 * length:g}" for length in dashes[1])


def _static(document: ReportDocument) -> str:
    """Summary and final values for readers without JavaScript."""
    summary = [f"{part.title}: {line}" for part in document.evidence.summary for line in part.sentences]
    lines = [*summary, *document.evidence.caveats]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    head, rows = final_rows(document)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row)}</tr>" for row in rows)
    titles = "".join(f"<th>{html.escape(title)}</th>" for title in head)
    return f'<ul>{items}</ul><div class="scroll"><table><tr>{titles}</tr>{body}</table></div>'
