"""``synebench doctor``: what it prints of a good and of a bad benchmark, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

DEFINITION = """\
script: {script}
config_space:
  x: uniform(0, 1)
  epochs: 4
max_wallclock_time: 1m
n_workers: 2
metric: {metric}
mode: min
max_resource_attr: epochs
resource_attr: epoch
"""


@pytest.fixture
def doctor(launch, script: Path):
    """Run the command on a definition of ``script`` with the given metric."""
    path = script.with_name("mine.yaml")

    def run(*arguments: str, metric: str = "loss"):
        path.write_text(DEFINITION.format(script=script.name, metric=metric))
        return path, launch("-m\0benchmarking.cli.main", "doctor", "--benchmark", str(path), *arguments)

    return run


def test_a_good_benchmark_is_called_good_and_the_next_command_named(doctor) -> None:
    path, done = doctor()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines
    assert all(line.startswith("ok  ") for line in lines)
    assert "ok    metric 'loss' is reported" in lines
    assert done.stderr.rstrip().endswith(f"Next:  synebench run --experiment_tag TAG --benchmark {path}")


def test_a_bad_benchmark_fails_and_no_next_command_is_named(doctor) -> None:
    _, done = doctor(metric="los")
    assert done.returncode == 1
    assert "BAD   reports lack the metric 'los'; they have: epoch, loss" in done.stdout.splitlines()
    assert "Next:" not in done.stderr


@pytest.mark.parametrize(("metric", "code"), [("loss", 0), ("los", 1)])
def test_json_holds_every_finding_and_nothing_else(doctor, metric: str, code: int) -> None:
    _, done = doctor("--json", metric=metric)
    assert done.returncode == code, done.stderr
    findings = json.loads(done.stdout)
    assert {frozenset(finding) for finding in findings} == {frozenset({"level", "what"})}
    assert any(finding["level"] == "bad" for finding in findings) is bool(code)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--benchmark", "mlp_digts"], "Did you mean 'mlp_digits'?"),
        (["--benchmark", "no_such.yaml"], "no_such.yaml: no such file"),
        (["--benchmark", "mlp_digits", "--timeout", "0"], "--timeout"),
        ([], "--benchmark"),
    ],
)
def test_what_is_typed_wrong_ends_with_code_2(launch, arguments: list[str], message: str) -> None:
    done = launch("-m\0benchmarking.cli.main", "doctor", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
