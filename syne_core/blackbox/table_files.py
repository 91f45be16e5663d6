"""Tables on disk: a folder with ``blackbox.json``, ``configurations.json`` and ``curves.npz``.

``docs/blackbox.md`` describes the format. A folder appears whole or not at all, and whatever happened to
it later is found by size and checksum before a number is believed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.mistakes import brief, refuse, require
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.config_space import config_space_from_json_dict, config_space_to_json_dict
from syne_core.errors import BlackboxError, ConfigSpaceError

__all__ = [
    "CONFIGURATIONS_FILE",
    "CURVES_FILE",
    "HEADER_FILE",
    "is_table_folder",
    "load_table",
    "save_blackbox",
]

HEADER_FILE = "blackbox.json"
CONFIGURATIONS_FILE = "configurations.json"
CURVES_FILE = "curves.npz"
_VERSION = 1
# Entry of the header, its type, and what the type is called.
_ENTRIES: dict[str, tuple[type, str]] = {
    "config_space": (dict, "an object"),
    "resource_attr": (str, "a text"),
    "resources": (list, "a list"),
    "elapsed_time_attr": (str, "a text"),
    "metric_names": (list, "a list"),
    "modes": (dict, "an object"),
    "num_configurations": (int, "a whole number"),
    "num_seeds": (int, "a whole number"),
    "failures": (list, "a list"),
    "provenance": (dict, "an object"),
    "files": (dict, "an object"),
}


def is_table_folder(folder: Path) -> bool:
    """Is there a table of our own format?"""
    return (folder / HEADER_FILE).is_file()


# -- writing ------------------------------------------------------------------------------------------


def save_blackbox(table: BlackboxTabular, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write ``table``.

    It is written to a folder beside ``folder`` and renamed when all is on disk, so that nobody sees half
    of it; if the disk is full, or the process is killed, what was there before is still there.

    :param folder: made anew; its parents too
    :param overwrite: replace a table that is there; anything else is never replaced
    :return: ``folder``
    :raises BlackboxError: ``folder`` exists and may not be replaced
    :raises OSError: the disk is full, or the place not writable
    """
    target = Path(folder)
    if not isinstance(table, BlackboxTabular):
        raise BlackboxError(f"only tables can be saved, not {type(table).__name__}")
    _check_target(target, overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        beside.chmod(0o755)
        contents = {CONFIGURATIONS_FILE: _configurations(table), CURVES_FILE: _curves(table)}
        header = _header(table, contents)
        for name, data in {**contents, HEADER_FILE: header}.items():
            _write(beside / name, data)
        _sync_folder(beside)
        _put_in_place(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return target


def _check_target(target: Path, overwrite: bool) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir() or target.is_symlink():
        raise BlackboxError(f"{target} is not a folder")
    if not any(target.iterdir()):
        return
    if not is_table_folder(target):
        raise BlackboxError(f"{target} holds something else; choose another folder")
    if not overwrite:
        raise BlackboxError(f"{target} holds a table already; overwrite=True replaces it")


def _put_in_place(beside: Path, target: Path) -> None:
    old = beside.with_name(beside.name + ".old")
    if target.exists():
        os.rename(target, old)
    try:
        os.rename(beside, target)
    except BaseException:
        if old.exists():
            os.rename(old, target)
        raise
    _sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _header(table: BlackboxTabular, contents: Mapping[str, bytes]) -> bytes:
    failures = sorted([*place, why] for place, why in table.failures.items())
    header = {
        "format": "synebench blackbox",
        "version": _VERSION,
        "config_space": config_space_to_json_dict(table.config_space),
        "resource_attr": table.resource_attr,
        "resources": list(table.resources),
        "elapsed_time_attr": table.elapsed_time_attr,
        "metric_names": list(table.metric_names),
        "modes": table.modes,
        "num_configurations": len(table.configurations),
        "num_seeds": table.num_seeds,
        "failures": failures,
        "provenance": table.provenance,
        "files": {name: _fingerprint(data) for name, data in contents.items()},
    }
    return (json.dumps(header, indent=2) + "\n").encode()


def _fingerprint(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _configurations(table: BlackboxTabular) -> bytes:
    columns = {name: [config[name] for config in table.configurations] for name in table.config_space}
    lines = [f"{json.dumps(name)}: {json.dumps(column)}" for name, column in columns.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _curves(table: BlackboxTabular) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, elapsed=table.elapsed, metrics=table.metrics)
    return buffer.getvalue()


# -- reading ------------------------------------------------------------------------------------------


def load_table(folder: str | Path) -> BlackboxTabular:
    """The table in ``folder``, written by :func:`save_blackbox`.

    :raises BlackboxError: no such folder, an unknown version, or files that are missing, damaged or do not
        fit each other
    """
    place = Path(folder)
    header = _read_header(place)
    contents = _read_contents(place, header["files"])
    columns = _columns(contents[CONFIGURATIONS_FILE], str(place / CONFIGURATIONS_FILE))
    rows = _rows(columns, header["num_configurations"], str(place / CONFIGURATIONS_FILE))
    elapsed, metrics = _arrays(contents[CURVES_FILE], str(place / CURVES_FILE), header)
    where = str(place / HEADER_FILE)
    try:
        space = config_space_from_json_dict(header["config_space"])
    except ConfigSpaceError as error:
        refuse(where, [f"config_space: {line}" for line in str(error).splitlines()])
    return BlackboxTabular(
        space,
        rows,
        elapsed,
        {name: metrics[..., index] for index, name in enumerate(header["metric_names"])},
        resource_attr=header["resource_attr"],
        resources=header["resources"],
        elapsed_time_attr=header["elapsed_time_attr"],
        failures=_failures(header["failures"], where),
        modes=header["modes"],
        provenance=header["provenance"],
        name=str(folder),
    )


def _read_header(folder: Path) -> dict[str, Any]:
    path = folder / HEADER_FILE
    header = _json_object(_read(path), str(path))
    version = header.get("version")
    if header.get("format") != "synebench blackbox":
        refuse(str(path), ["it does not say 'format': 'synebench blackbox'"])
    if version != _VERSION:
        newer = isinstance(version, int) and version > _VERSION
        hint = "; it was written by a newer synebench" if newer else ""
        refuse(str(path), [f"format version {brief(version)} is not known (known: {_VERSION}){hint}"])
    mistakes = [f"'{entry}' is missing" for entry in _ENTRIES if entry not in header]
    for entry, (kind, called) in _ENTRIES.items():
        value = header.get(entry)
        if entry in header and (not isinstance(value, kind) or isinstance(value, bool)):
            mistakes.append(f"'{entry}' must be {called}, not {brief(value)}")
    for name in header.get("metric_names") or [] if not mistakes else []:
        if not isinstance(name, str) or header["metric_names"].count(name) > 1:
            mistakes.append(f"'metric_names': {brief(name)} is no text, or is there twice")
    require(str(path), mistakes)
    return header


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BlackboxError(f"{path}: {error.strerror or error}") from None


def _json_object(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        refuse(where, [f"not JSON, or cut short: {error}"])
    if not isinstance(value, dict):
        refuse(where, [f"not a JSON object but {brief(value)}"])
    return value


def _read_contents(folder: Path, files: Mapping[str, Any]) -> dict[str, bytes]:
    contents, mistakes = {}, []
    for name in (CONFIGURATIONS_FILE, CURVES_FILE):
        wanted = files.get(name)
        try:
            contents[name] = _read(folder / name)
        except BlackboxError as error:
            mistakes.append(str(error))
            continue
        found = _fingerprint(contents[name])
        if not isinstance(wanted, dict) or set(found) - set(wanted):
            mistakes.append(f"{name}: {HEADER_FILE} does not give its size and checksum")
        elif found["bytes"] != wanted["bytes"]:
            mistakes.append(f"{name}: {found['bytes']} bytes instead of {brief(wanted['bytes'])}: cut short?")
        elif found["sha256"] != wanted["sha256"]:
            mistakes.append(f"{name}: its contents changed since it was written (checksum)")
    require(str(folder), mistakes)
    return contents


def _columns(data: bytes, where: str) -> dict[str, list[Any]]:
    columns = _json_object(data, where)
    wrong = [f"column '{name}' is not a list" for name, col in columns.items() if not isinstance(col, list)]
    require(where, wrong)
    return columns


def _rows(columns: Mapping[str, list[Any]], rows: int, where: str) -> list[dict[str, Any]]:
    wrong = [
        f"column '{name}' has {len(column)} rows; {HEADER_FILE} says {rows}"
        for name, column in columns.items()
        if len(column) != rows
    ]
    require(where, wrong or ([] if columns else ["it has no column"]))
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _arrays(data: bytes, where: str, header: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, TypeError) as error:
        refuse(where, [f"not a file of arrays, or damaged: {error}"])
    lengths = (header["num_configurations"], header["num_seeds"], len(header["resources"]))
    shapes = {"elapsed": lengths, "metrics": (*lengths, len(header["metric_names"]))}
    mistakes = []
    for name, shape in shapes.items():
        if name not in arrays:
            mistakes.append(f"array '{name}' is missing")
        elif arrays[name].shape != shape:
            mistakes.append(f"array '{name}' has shape {arrays[name].shape}; {HEADER_FILE} says {shape}")
        elif arrays[name].dtype.kind not in "fiu":
            mistakes.append(f"array '{name}' holds {arrays[name].dtype} instead of numbers")
    require(where, mistakes)
    return arrays["elapsed"], arrays["metrics"]


def _failures(entries: list[Any], where: str) -> dict[tuple[int, int], str]:
    good = [
        isinstance(entry, list) and len(entry) == 3 and all(type(index) is int for index in entry[:2])
        for entry in entries
    ]
    if not all(good):
        wrong = brief(entries[good.index(False)])
        refuse(where, [f"'failures': {wrong} is not [row, repetition, reason]"])
    return {(row, seed): why for row, seed, why in entries}
