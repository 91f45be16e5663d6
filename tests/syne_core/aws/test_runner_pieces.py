"""Report objects, report lines and their shipping, by themselves; what holds for all files of the runner."""

from __future__ import annotations

import ast
import itertools
import json
import math
import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import syne_core
from syne_core.aws import runner_archive as runner_archive_module
from syne_core.aws.runner import report_shipping
from syne_core.aws.runner.object_store import StoreError
from syne_core.aws.runner.report_lines import ReportLines
from syne_core.aws.runner.report_objects import (
    ReportKey,
    ReportObject,
    decode_reports,
    encode_reports,
    end_record,
    keys_after,
    parse_key,
    report_key,
    report_record,
    start_record,
)
from syne_core.aws.runner.report_shipping import ReportPlace, ReportShipping
from syne_core.aws.runner.requirements import are_satisfied, pip_command
from syne_core.aws.runner.script_output import tee
from syne_core.aws.runner_archive import runner_archive
from syne_core.report import parse_report

RUNNER = Path(syne_core.__file__).parent / "aws" / "runner"

# -- the archive -------------------------------------------------------------------------------------


def test_runner_parses_as_python_3_8() -> None:
    paths = [*RUNNER.glob("*.py"), RUNNER.parents[1] / "report.py"]
    assert len(paths) > 10
    for path in paths:
        ast.parse(path.read_text(), str(path), feature_version=(3, 8))


def test_runner_needs_the_standard_library_only() -> None:
    """boto3 is imported late, where it is there."""
    wrong = []
    for path in RUNNER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            tops = {name.partition(".")[0] for name in names}
            late = {"boto3", "botocore"} if path.name == "boto_store.py" else set()
            late |= {"packaging", "pip"} if path.name == "requirements.py" else set()
            allowed = sys.stdlib_module_names | late
            wrong += [(path.name, n) for n in names if n.partition(".")[0] not in allowed | {"syne_core"}]
            ours = [n for n in names if "syne_core" in tops]
            wrong += [(path.name, n) for n in ours if not re.match(r"syne_core\.(aws\.runner|report)", n)]
    assert wrong == []


def test_archive_is_the_same_wherever_it_is_made() -> None:
    digests = set()
    for _ in range(2):
        runner_archive_module.runner_archive.cache_clear()
        digests.add(runner_archive())
    assert len(digests) == 1


def test_archive_holds_what_it_says_and_nothing_compressed(tmp_path: Path) -> None:
    path = tmp_path / "runner.pyz"
    path.write_bytes(runner_archive())
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        assert {e.compress_type for e in entries} == {zipfile.ZIP_STORED}
        assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
        assert names == sorted(names)
        assert archive.read("syne_core/aws/runner/program.py") == (RUNNER / "program.py").read_bytes()
    assert {"__main__.py", "syne_core/report.py"} <= set(names)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SYNEBENCH_JOB is not set" in done.stderr


# -- report objects ------------------------------------------------------------------------------------


def test_key_of_a_report_object() -> None:
    key = ReportKey(1_760_000_000, 7, 2, 1_760_000_000_123, 3)
    name = report_key("p/_reports/", key)
    assert name == "p/_reports/1760000000-7-r2-1760000000123-000003.json"
    assert parse_key(name) == key
    assert parse_key("p/_reports/other.json") is None
    assert key.identity == (7, 2, 1_760_000_000_123, 3)


def test_keys_sort_by_time_and_listings_start_there() -> None:
    keys = [ReportKey(at, 10, 0, at * 1000, 0) for at in (999_999_999, 1_700_000_000, 1_700_000_001)]
    names = [report_key("p/", key) for key in keys]
    assert names == sorted(names)
    assert [name > keys_after("p/", 1_700_000_000.9) for name in names] == [False, True, True]


values = st.one_of(
    st.integers(),
    st.floats(),
    st.text(),
    st.booleans(),
    st.lists(st.floats(allow_nan=False, allow_infinity=False)),
)
reports = st.dictionaries(st.text(min_size=1).filter(lambda n: n != "st_nonfinite"), values)


@settings(max_examples=25)
@given(st.lists(reports, max_size=3))
def test_report_objects_come_back_as_they_went(wanted: list[dict[str, Any]]) -> None:
    records = [start_record(), *map(report_record, wanted), end_record(3, True, "Größe")]
    body = encode_reports(ReportObject(7, 1, 2, 3, "algo-1", records))
    json.loads(body, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    back = decode_reports(body)
    assert back[:5] == (7, 1, 2, 3, "algo-1")
    assert repr(_sorted(back.records)) == repr(_sorted(records)), "NaN is not equal to itself"


def _sorted(records: list[dict[str, Any]]) -> list[Any]:
    return [sorted(r.get("report", r).items()) for r in records]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"trial": 1}', b"\xff", b'{"trial":1,"run":0,"boot":0,"seq":0,"records":[1]}'],
)
def test_bodies_that_are_no_report_objects(body: bytes) -> None:
    with pytest.raises(ValueError, match="no report object"):
        decode_reports(body)


# -- report lines --------------------------------------------------------------------------------------

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "epoch 1", "\r 90%|###", "[tune-metric]: {torn", "[tune-metric", "]: {}", "Größe"]
        ),
        st.dictionaries(st.text(max_size=5), st.integers()).map(lambda r: "[tune-metric]: " + json.dumps(r)),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(LINES, st.data())
def test_pieces_do_not_matter(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines).encode()
    wanted = [r for r in map(parse_report, "\n".join(lines).split("\n")) if r is not None]
    reader, found = ReportLines(), []
    while text:
        size = data.draw(st.integers(1, max(1, len(text))))
        found += reader.feed(text[:size])
        text = text[size:]
    assert [*found, *reader.end()] == wanted


def test_line_without_an_end_takes_no_memory() -> None:
    reader = ReportLines()
    for _ in range(1000):
        assert reader.feed(b"." * 65536) == []
    assert len(reader._line) < 2_000_000
    assert reader.feed(b'[tune-metric]: {"a": 1}\n') == [{"a": 1}]
    for _ in range(100):
        reader.feed(b"[tune-metric]: {" + b"." * 65536)
    assert len(reader._line) < 2_000_000
    assert reader.feed(b'\n[tune-metric]: {"a": 2}\n') == [{"a": 2}]


# -- shipping ------------------------------------------------------------------------------------------


class Store:
    """Takes objects, unless ``fail`` says otherwise."""

    def __init__(self) -> None:
        self.taken: list[tuple[ReportKey, ReportObject]] = []
        self.fail: StoreError | None = None
        self.tries = 0

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.tries += 1
        if self.fail is not None:
            raise self.fail
        parsed = parse_key(key)
        assert parsed is not None
        self.taken.append((parsed, decode_reports(body)))

    def close(self) -> None:
        pass


_PATIENCE_S = 120.0


def _wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


PLACE = ReportPlace("b", "p/", 7, 0, 1_760_000_000_123, "algo-1")


def _shipping(store: Store, refused: list[str] | None = None) -> ReportShipping:
    return ReportShipping(store, PLACE, (refused if refused is not None else []).append)


def test_batches_keep_their_distance_and_their_order() -> None:
    store = Store()
    shipping = _shipping(store)
    began = time.monotonic()
    for step in range(60):
        shipping.add(report_record({"step": step}))
        if step % 20 == 0:
            _wait_until(lambda told=step + 1: sum(len(one.records) for _, one in store.taken) == told)
    assert shipping.finish(_PATIENCE_S)
    elapsed = time.monotonic() - began
    steps = [r["report"]["step"] for _, content in store.taken for r in content.records]
    assert steps == list(range(60))
    assert [key.seq for key, _ in store.taken] == list(range(len(store.taken)))
    assert 3 <= len(store.taken) <= elapsed / 0.05 + 2


def test_large_batches_are_divided() -> None:
    store = Store()
    shipping = _shipping(store)
    shipping.add(*[report_record({"step": step}) for step in range(1201)])
    assert shipping.finish(_PATIENCE_S)
    assert max(len(content.records) for _, content in store.taken) == report_shipping.MOST_RECORDS


def test_finish_gives_up_and_says_why() -> None:
    store = Store()
    store.fail = StoreError("PUT s3://b/k: nobody answers", True)
    shipping = _shipping(store)
    shipping.add(start_record())
    _wait_until(lambda: shipping.trouble)
    assert not shipping.finish(0.2)
    assert shipping.trouble == "PUT s3://b/k: nobody answers"


def test_refusal_is_final_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_shipping, "REFUSED_FOR_S", 0.05)
    store, refused = Store(), []
    store.fail = StoreError("AccessDenied", False)
    shipping = _shipping(store, refused)
    shipping.add(start_record())
    assert not shipping.finish(_PATIENCE_S)
    assert refused == ["AccessDenied"]


def test_refusal_that_passes_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights may take a moment until they hold."""
    monkeypatch.setattr(report_shipping, "REFUSED_FOR_S", 3600.0)
    store, refused = Store(), []
    store.fail = StoreError("AccessDenied", False)
    shipping = _shipping(store, refused)
    shipping.add(start_record())
    _wait_until(lambda: store.tries)
    store.fail = None
    assert shipping.finish(_PATIENCE_S)
    assert (len(store.taken), refused, shipping.trouble) == (1, [], None)


def test_object_that_is_late_bears_the_time_when_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or no listing of the last few minutes would show it."""
    now = [1_760_000_000.0]
    monkeypatch.setattr("syne_core.aws.runner.report_shipping.time", _Clock(now))

    class Away(Store):
        def put(self, bucket: str, key: str, body: bytes) -> None:
            if now[0] == 1_760_000_000:
                now[0] += 400
                raise StoreError("503", True)
            super().put(bucket, key, body)

    store = Away()
    shipping = _shipping(store)
    shipping.add(start_record())
    assert shipping.finish(_PATIENCE_S)
    assert [key.epoch_s for key, _ in store.taken] == [1_760_000_400]


class _Clock:
    def __init__(self, now: list[float]) -> None:
        self._now = now
        self.monotonic = time.monotonic

    def time(self) -> float:
        return self._now[0]


def test_report_that_cannot_be_written_does_not_take_others_with_it() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    store = Store()
    shipping = _shipping(store)
    shipping.add(report_record({"a": 1}), report_record({"deep": deep}), report_record({"a": 2}))
    assert shipping.finish(_PATIENCE_S)
    assert [r["report"] for _, content in store.taken for r in content.records] == [{"a": 1}, {"a": 2}]
    while deep:
        deep = deep.pop()


def test_threads_end() -> None:
    shipping = _shipping(Store())
    assert shipping.finish(_PATIENCE_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "report-shipping"]


# -- requirements ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "satisfied"),
    [
        ("", True),
        ("# nothing\n\n--index-url=http://127.0.0.1\n", True),
        ("numpy\nPyYAML>=5 # ours\n", True),
        ("numpy>=1.0,\\\n <100", True),
        ("numpy>=100", False),
        ("no-such-thing; python_version < '3'", True),
        ("no-such-thing; python_version > '3'", False),
        ("numpy[extra]", False),
        ("numpy @ https://example.com/x.whl", False),
        ("-r more.txt", False),
        ("-e .", False),
        ("./package", False),
        ("numpy --hash=sha256:abc", False),
        ("ü", False),
    ],
)
def test_whether_requirements_are_satisfied(text: str, satisfied: bool) -> None:
    assert are_satisfied(text) is satisfied


def test_packages_go_where_they_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted, packages = tmp_path / "requirements.txt", tmp_path / "packages"

    def options(is_ours: bool) -> list[str]:
        return pip_command(wanted, packages, is_ours)[6:]

    for writable, in_environment in itertools.product((True, False), repeat=2):
        monkeypatch.setattr("os.access", lambda *_, writable=writable: writable)
        monkeypatch.setattr(sys, "base_prefix", "/other" if in_environment else sys.prefix)
        assert options(is_ours=False) == ["--target", str(packages)]
        if writable:
            assert options(is_ours=True) == []
        else:
            assert options(is_ours=True) == (["--target", str(packages)] if in_environment else ["--user"])


def test_infinite_values_are_named_in_strict_json() -> None:
    body = encode_reports(ReportObject(0, 0, 0, 0, "", [report_record({"a": math.inf})]))
    assert json.loads(body)["records"][0]["report"] == {"a": None, "st_nonfinite": {"a": "inf"}}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_mistake_of_our_own_does_not_pass_for_success() -> None:
    class Broken(Store):
        def put(self, bucket: str, key: str, body: bytes) -> None:
            raise KeyError("oops")

    shipping = _shipping(Broken())
    shipping.add(start_record())
    assert not shipping.finish(_PATIENCE_S)
    assert shipping.trouble == "KeyError: 'oops'"


def test_script_goes_on_if_its_output_is_not_understood(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source:
        thread = tee(source, 1, lambda chunk: [].pop())
        os.write(writing, b"first\n")
        os.close(writing)
        thread.join(_PATIENCE_S)
    printed = capfd.readouterr()
    assert printed.out == "first\n"
    assert "IndexError" in printed.err


def test_line_that_is_printed_in_parts_is_not_torn_by_the_other_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syne_core.aws.runner.script_output._LINE_PATIENCE_S", 3600.0)
    log, into_log = os.pipe()
    pipes = [os.pipe() for _ in range(2)]
    sources = [os.fdopen(reading, "rb") for reading, _ in pipes]
    threads = [tee(source, into_log, lambda chunk: None) for source in sources]
    os.write(pipes[0][1], b"first half, ")
    os.write(pipes[1][1], b"other\n")
    os.write(pipes[0][1], b"second half\n")
    for _, writing in pipes:
        os.close(writing)
    for thread in threads:
        thread.join(_PATIENCE_S)
    os.close(into_log)
    with os.fdopen(log, "rb") as reader:
        assert sorted(reader.read().split(b"\n")) == [b"", b"first half, second half", b"other"]
    for source in sources:
        source.close()


def test_bar_without_an_end_is_shown_soon() -> None:
    log, into_log = os.pipe()
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source:
        thread = tee(source, into_log, lambda chunk: None)
        os.write(writing, b"\r 50 %")
        assert os.read(log, 100) == b"\r 50 %"
        os.close(writing)
        thread.join(_PATIENCE_S)
    os.close(log)
    os.close(into_log)
