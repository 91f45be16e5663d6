"""The report line: what a script may send, and what is read back from a log of any shape."""

from __future__ import annotations

import ast
import json
import math
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import syne_core
from syne_core import report as report_module
from syne_core.report import (
    MAX_REPORT_BYTES,
    REPORT_TAG,
    Reporter,
    decode_nonfinite,
    encode_nonfinite,
    parse_report,
    retrieve,
)

Capture = pytest.CaptureFixture[str]


def printed(capsys: Capture, **metrics: Any) -> dict[str, Any]:
    """What a tuner reads of one report."""
    Reporter()(**metrics)
    (report,) = retrieve(capsys.readouterr().out.splitlines())
    return report


def same(a: Any, b: Any) -> bool:
    """Equality under which NaN equals NaN."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    return type(a) is type(b) and bool(a == b)


# -- the import ---------------------------------------------------------------------------------


def test_import_in_a_training_script_loads_next_to_nothing() -> None:
    """Fault 4: importing the library cost each trial 450 ms of CPU."""
    code = "import sys; before = set(sys.modules); from syne_core import Reporter; Reporter()(a=1.5)\n"
    code += "print(*sorted(set(sys.modules) - before))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(output.splitlines()[-1].split())
    assert {"syne_core.report", "json"} <= loaded
    assert loaded.isdisjoint({"numpy", "pandas", "scipy", "dataclasses", "inspect", "logging", "asyncio"})
    ours = {name for name in loaded if name.startswith("syne_core")}
    assert ours == {"syne_core", "syne_core.report", "syne_core.version"}
    assert len(loaded) < 45, sorted(loaded)


@pytest.mark.parametrize("name", ["report.py", "__init__.py", "version.py"])
def test_what_training_scripts_import_parses_as_python_3_8(name: str) -> None:
    folder = Path(syne_core.__file__).parent
    ast.parse((folder / name).read_text(), feature_version=(3, 8))


def test_report_module_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(report_module.__file__).read_text())
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


# -- what a script sends ------------------------------------------------------------------------


def test_report_is_one_strict_json_line_with_time_and_count(capsys: Capture) -> None:
    report = Reporter()
    report(epoch=1, loss=0.5)
    report(epoch=2, loss=0.25)
    lines = capsys.readouterr().out.splitlines()
    assert [line[: len(REPORT_TAG)] for line in lines] == [REPORT_TAG, REPORT_TAG]
    first, second = (json.loads(line[len(REPORT_TAG) :]) for line in lines)
    assert first.keys() == {"epoch", "loss", "st_worker_timestamp", "st_worker_time", "st_worker_iter"}
    assert (first["st_worker_iter"], second["st_worker_iter"]) == (0, 1)
    assert 0 <= first["st_worker_time"] <= second["st_worker_time"] < 60


def test_cost_is_reported_where_the_price_is_known(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "st_worker_cost" not in printed(capsys, a=1)
    monkeypatch.setenv("ST_PRICE_PER_HOUR", "3600")
    values = printed(capsys, a=1)
    assert values["st_worker_cost"] == pytest.approx(values["st_worker_time"])


def test_time_and_cost_can_be_left_out(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ST_PRICE_PER_HOUR", "1")
    Reporter(add_time=False, add_cost=False)(a=1)
    (report,) = retrieve(capsys.readouterr().out.splitlines())
    assert report.keys() == {"a", "st_worker_timestamp", "st_worker_iter"}


class _SeveralNumbers:
    def item(self) -> float:
        raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({"loss": None}, "'loss' is None"),
        ({"loss": np.array(None, dtype=object)}, "'loss' is None"),
        ({"st_worker_iter": 1}, "reserved"),
        ({"st_anything": 1}, "reserved"),
        ({"loss": object()}, "JSON"),
        ({"loss": {1, 2}}, "JSON"),
        ({"loss": b"bytes"}, "JSON"),
        ({"loss": [np.float32(1)]}, "JSON"),
        ({"loss": [math.nan]}, "JSON"),
        ({"loss": 10**5000}, "JSON"),
        ({"loss": np.zeros(2)}, "'loss'"),
        ({"loss": _SeveralNumbers()}, "'loss'"),
        ({"text": "x" * MAX_REPORT_BYTES}, "bytes"),
        ({"text": "é" * (MAX_REPORT_BYTES // 6)}, "bytes"),
    ],
)
def test_what_cannot_be_sent_is_an_error_in_the_script(
    metrics: dict[str, Any], message: str, capsys: Capture
) -> None:
    report = Reporter()
    with pytest.raises(ValueError, match=message):
        report(**metrics)
    assert capsys.readouterr().out == ""
    report(loss=1.0)
    assert retrieve(capsys.readouterr().out.splitlines())[0]["st_worker_iter"] == 0


def test_largest_report_passes_whole(capsys: Capture) -> None:
    assert len(printed(capsys, text="x" * (MAX_REPORT_BYTES - 300))["text"]) == MAX_REPORT_BYTES - 300


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_nonfinite_values_are_strict_json_and_come_back(
    value: float, kind: Callable[[float], Any], capsys: Capture
) -> None:
    Reporter()(loss=kind(value), epoch=1)
    line = capsys.readouterr().out

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    raw = json.loads(line[len(REPORT_TAG) :], parse_constant=refuse)
    assert raw["loss"] is None
    assert raw["st_nonfinite"].keys() == {"loss"}
    report = parse_report(line)
    assert report is not None
    assert same(report["loss"], value)
    assert "st_nonfinite" not in report


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (np.array([7]), 7),
        (np.str_("text"), "text"),
    ],
)
def test_numpy_scalars_become_plain_numbers(value: Any, expected: Any, capsys: Capture) -> None:
    assert same(printed(capsys, value=value)["value"], expected)


names = st.text(min_size=1, max_size=8).filter(lambda name: not name.startswith("st_") and name != "self")
scalars = (
    st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([REPORT_TAG + '{"loss": 1}', "\n", "\r", "\x1b[K", "\ud800", "[tune-metric]"])
)
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(metrics=st.dictionaries(names, scalars | st.lists(plain_json, max_size=3), max_size=5))
def test_what_is_retrieved_is_what_was_reported(metrics: dict[str, Any], capsys: Capture) -> None:
    report = printed(capsys, **metrics)
    assert same({name: value for name, value in report.items() if not name.startswith("st_")}, metrics)


@given(values=st.dictionaries(names, scalars, max_size=5))
def test_encoding_of_nonfinite_values_is_undone_by_decoding(values: dict[str, Any]) -> None:
    encoded = encode_nonfinite(dict(values))
    json.dumps(encoded, allow_nan=False)
    assert same(decode_nonfinite(dict(encoded)), values)


def test_report_leaves_the_process_at_once() -> None:
    """Python holds back what is printed to a file or pipe."""
    code = "import sys; from syne_core import Reporter; Reporter()(loss=0.5); sys.stdin.readline()"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as script:
        assert script.stdout is not None
        reading, _, _ = select.select([script.stdout], [], [], 120)
        assert script.poll() is None
        assert reading, "the report waits for the end of the script"
        assert retrieve([script.stdout.readline()])[0]["loss"] == 0.5
        script.communicate("\n")


STOPPED_WHILE_IT_PRINTS = """
import io, os, signal, sys
from syne_core import Reporter

class Output(io.FileIO):
    def write(self, data):
        done = super().write(data)
        signal.raise_signal(signal.SIGTERM)
        return done

def save(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    report(epoch=2)
    sys.exit(3)

sys.stdout = io.TextIOWrapper(io.BufferedWriter(Output(1, "w")))
report = Reporter()
signal.signal(signal.SIGTERM, save)
report(epoch=1)
"""


def test_handler_of_a_signal_can_report_while_a_report_is_printed() -> None:
    """The buffer of standard output refuses a second use: "reentrant call"."""
    script = subprocess.run([sys.executable, "-c", STOPPED_WHILE_IT_PRINTS], capture_output=True, text=True)
    assert (script.returncode, script.stderr) == (3, "")
    assert {report["epoch"] for report in retrieve(script.stdout.splitlines())} == {1, 2}


# -- what a tuner reads -------------------------------------------------------------------------

WHOLE = REPORT_TAG + '{"epoch": 3, "loss": 0.5, "note": "done"}'
VALUES = {"epoch": 3, "loss": 0.5, "note": "done"}


@pytest.mark.parametrize(
    "before", ["", " 40%|####      | 2/5 ", "\r100%|#####|\r", "\x1b[2K", "[tune-metric]: ", "é"]
)
@pytest.mark.parametrize("after", ["", "\n", "\r\n", " trailing words", "}", "\r 50%|##"])
def test_report_is_found_anywhere_in_a_line(before: str, after: str) -> None:
    assert parse_report(before + WHOLE + after) == VALUES


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_torn_report_is_passed_over(length: int) -> None:
    assert parse_report(WHOLE[:length]) is None
    assert parse_report(WHOLE[:length] + WHOLE) == VALUES


def test_report_that_quotes_a_report_is_read_whole() -> None:
    quoting = {"note": REPORT_TAG + '{"loss": -1}', "loss": 2}
    assert parse_report(REPORT_TAG + json.dumps(quoting)) == quoting


@pytest.mark.parametrize(
    "line",
    ["", "loss 3", "[tune-metric]:", REPORT_TAG, REPORT_TAG + "3", REPORT_TAG + "[1]",
     REPORT_TAG + "{'a': 1}",     REPORT_TAG + "null", REPORT_TAG + '{"a":' * 100_000],
    ids=lambda line: line[:30],
)  # fmt: skip
def test_garbage_is_passed_over(line: str) -> None:
    assert parse_report(line) is None


@given(line=st.text() | st.text().map(lambda text: REPORT_TAG + text))
def test_no_line_raises(line: str) -> None:
    report = parse_report(line)
    assert report is None or isinstance(report, dict)


def test_numbers_too_large_for_a_float_read_as_infinite() -> None:
    """Python reads them as integers, on which every computation with floats would raise."""
    report = parse_report(
        REPORT_TAG + '{"a": 1' + "0" * 400 + ', "b": -1' + "9" * 5000 + ', "c": 1e999, "d": 12}'
    )
    assert report == {"a": math.inf, "b": -math.inf, "c": math.inf, "d": 12}


def test_reports_of_syne_tune_are_read_with_their_nan() -> None:
    report = parse_report(REPORT_TAG + '{"loss": NaN, "parts": [NaN, 1.0, {"x": Infinity}], "epoch": 1}')
    assert report is not None
    assert math.isnan(report["loss"])
    json.dumps(report["parts"], allow_nan=False)  # nested, only the value itself can be given up
    assert report["parts"][1] == 1.0


@pytest.mark.parametrize("odd", ['["a"]', '{"a": [1]}', '{"a": "seven"}', "3", "null"])
def test_malformed_note_on_nonfinite_values_is_ignored(odd: str) -> None:
    assert parse_report(REPORT_TAG + '{"a": 1, "st_nonfinite": ' + odd + "}") == {"a": 1}


def test_other_lines_and_order_are_kept_apart() -> None:
    log = ["start", REPORT_TAG + '{"a": 1}', "", "noise " + REPORT_TAG + '{"a": 2}', REPORT_TAG + '{"a": 3']
    assert [report["a"] for report in retrieve(log)] == [1, 2]
