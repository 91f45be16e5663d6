"""What jobs print: log streams and metrics."""

from __future__ import annotations

import pytest
from job_rig import JobRig, in_a_folder
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

from syne_core.emulator.jobs.logs import LineSplitter

MOST = 262_144


def test_lines_of_both_streams_arrive_in_order(rig: JobRig) -> None:
    script = (
        "import sys\n"
        "for n in range(2500):\n"
        "    print(n, file=sys.stderr if n % 2 else sys.stdout, flush=True)\n"
        "print('', 'größe', 'end without a line break', sep='\\n', end='')"
    )
    lines = rig.run(script).completed().log()
    assert lines[:2500] == [str(number) for number in range(2500)]
    assert lines[2500:] == ["größe", "end without a line break"]


def test_lines_can_be_read_while_the_job_runs(rig: JobRig) -> None:
    ran = rig.run("import time\nprint('first')\nwhile True: time.sleep(0.01)")
    ran.prints("first")
    ran.job.stop()
    ran.end()


@in_a_folder
def test_every_instance_has_a_stream(rig: JobRig) -> None:
    ran = rig.run("print('one')", ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2})
    ran.completed()
    assert ran.log("algo-1") == ran.log("algo-2") == ["one"]


@in_a_folder
def test_more_than_a_call_may_hold_arrives(rig: JobRig) -> None:
    script = "for n in range(12000): print(n)\nprint('x' * 3_000_000)"
    lines = rig.run(script).completed().log()
    numbers = [line for line in lines if "x" not in line]
    assert "".join(lines[len(numbers) :]) == "x" * 3_000_000
    assert numbers == [str(number) for number in range(12000)][-len(numbers) :]


def test_a_line_comes_when_it_is_complete() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"a\nb") == ["a"]
    assert splitter.feed("ü\r\n".encode()) == ["bü"]
    assert splitter.feed(b"\n") == []


def test_a_line_too_long_for_an_event_is_cut_between_characters() -> None:
    text = "ü" * MOST
    pieces = LineSplitter().feed(text.encode() + b"\n")
    assert "".join(pieces) == text
    assert max(len(piece.encode()) for piece in pieces) <= MOST - 26


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    splitter = LineSplitter()
    pieces = [piece for _ in range(10) for piece in splitter.feed(b"x" * MOST)]
    assert sum(map(len, pieces)) >= 9 * MOST


METRICS = [
    {"Name": "loss", "Regex": r"loss=(-?[0-9.]+(?:e-?[0-9]+)?)"},
    {"Name": "epoch", "Regex": "epoch=([0-9]+)"},
]


def test_metric_definitions_find_numbers_in_the_log(rig: JobRig) -> None:
    script = "print('epoch=1 loss=-3')\nprint('loss=1e-05')\nprint('loss=.')\nprint('nothing')"
    ran = rig.run(script, AlgorithmSpecification={"MetricDefinitions": METRICS}).completed()
    assert ran.told.metrics == [("loss", -3.0), ("epoch", 1.0), ("loss", 1e-05)]


@in_a_folder
def test_a_metric_that_is_no_expression_fails_the_job(rig: JobRig) -> None:
    definitions = [{"Name": "loss", "Regex": "("}]
    end = rig.run(AlgorithmSpecification={"MetricDefinitions": definitions}).end()
    assert end.status == "Failed"
    assert str(end.failure_reason).startswith("ClientError: Regex of metric definition loss:")


@pytest.mark.parametrize("line", [b"\xff\xfe broken", b"\0 zero"])
def test_bytes_that_are_no_text_do_no_harm(line: bytes) -> None:
    (text,) = LineSplitter().feed(line + b"\n")
    assert text.endswith(line[2:].decode())
