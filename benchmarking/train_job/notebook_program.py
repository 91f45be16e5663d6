"""Runs a notebook from top to bottom, in the container of a job: ``NOTEBOOK PARAMETERS``.

Parameters are JSON. As with papermill, they become a cell of their own after the one that is tagged
``parameters``, where a notebook writes its defaults; without one, the first cell. What cells print goes to
the log as they end. The notebook with its outputs is kept as the job's output, also if a cell failed.

Needs nbclient and ipykernel; parses as Python 3.8.
"""

from __future__ import annotations

import copy
import json
import os
import re
import sys
from typing import Any

__all__ = ["main", "with_parameters"]

DEFAULTS, INJECTED = "parameters", "injected-parameters"
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def with_parameters(notebook: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy of a notebook (format 4, as JSON) in which ``values`` are set.

    :raises ValueError: its language is not Python, so that we cannot write the cell
    """
    changed = copy.deepcopy(notebook)
    if not values:
        return changed
    language = _language(changed)
    if language != "python":
        raise ValueError("parameters can be given to notebooks in Python, this one is in " + language)
    cells = [cell for cell in changed["cells"] if INJECTED not in _tags(cell)]
    defaults = [number for number, cell in enumerate(cells) if DEFAULTS in _tags(cell)]
    cells.insert(defaults[0] + 1 if defaults else 0, _cell(changed, values))
    changed["cells"] = cells
    return changed


def main(words: list[str]) -> int:
    """Run the notebook; the exit code."""
    path, parameters = words[0], json.loads(words[1]) if len(words) > 1 else {}
    with open(path, encoding="utf-8") as file:
        notebook = json.load(file)
    try:
        notebook = with_parameters(notebook, parameters)
    except ValueError as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    folder = os.environ.get("SM_OUTPUT_DATA_DIR") or "."
    return _execute(notebook, path, os.path.join(folder, os.path.basename(path)))


def _execute(source: dict[str, Any], path: str, target: str) -> int:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    notebook = nbformat.from_dict(source)
    if notebook.nbformat < 4:
        notebook = nbformat.convert(notebook, 4)
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name=_kernel(notebook),
        resources={"metadata": {"path": os.path.dirname(os.path.abspath(path))}},
        on_cell_executed=lambda cell, **_: _show(cell),
    )
    error = None
    try:
        client.execute()
    except CellExecutionError as failure:
        error = f"{failure.ename}: {failure.evalue}"
    except DeadKernelError as failure:
        error = str(failure)
    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        nbformat.write(notebook, file)
    if error is None:
        return 0
    _show_failed(notebook)
    print(f"{os.path.basename(path)}: {error}", file=sys.stderr)
    return 1


def _kernel(notebook: Any) -> str:
    """That of the notebook, if it is there; else this Python's."""
    from jupyter_client.kernelspec import KernelSpecManager

    wanted = str(notebook.metadata.get("kernelspec", {}).get("name", "python3"))
    if wanted in KernelSpecManager().find_kernel_specs():
        return wanted
    if _language(notebook) == "python":
        return "python3"
    raise SystemExit(f"there is no kernel '{wanted}' in this container")


def _language(notebook: Any) -> str:
    metadata = notebook.get("metadata", {})
    named = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    return str(named or "python").lower()


def _cell(notebook: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    lines = ["# Parameters"] + [f"{name} = {value!r}" for name, value in values.items()]
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {"tags": [INJECTED]},
        "execution_count": None,
        "outputs": [],
        "source": "\n".join(lines),
    }
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) >= (4, 5):
        cell["id"] = INJECTED
    return cell


def _tags(cell: Any) -> Any:
    return cell.get("metadata", {}).get("tags", [])


def _show(cell: Any) -> None:
    for output in cell.get("outputs", []):
        if output.get("output_type") == "stream":
            stream = sys.stderr if output.get("name") == "stderr" else sys.stdout
            stream.write(output["text"])
            stream.flush()


def _show_failed(notebook: Any) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                print(_COLOURS.sub("", "\n".join(output.get("traceback", []))), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
