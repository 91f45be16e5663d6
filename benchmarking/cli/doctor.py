"""``synebench doctor``: is a benchmark's script fit for tuning? With ``--aws``: can SageMaker run trials?"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syne_core.errors import UsageError

if TYPE_CHECKING:
    from benchmarking.commons.aws_checkup import AwsCheckup
    from benchmarking.commons.aws_checkup_steps import Check

__all__ = ["command"]

_SIGNS = {"good": "ok  ", "warning": "note", "bad": "BAD "}
_EXAMPLES = (
    "Examples: synebench doctor --benchmark mlp_digits; synebench doctor --aws --region eu-west-1 --skip_jobs"
)

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _option(name: str, text: str, **more: Any) -> Callable[[_Command], _Command]:
    """An option that is spelt with ``_`` or ``-``, as all flags are."""
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    return click.option(*spellings, help=text, **more)


@click.command(epilog=_EXAMPLES)
@click.option("--benchmark", help="name of a benchmark, or a definition file: check its script")
@click.option("--aws", is_flag=True, help="check the AWS account, or the emulator at AWS_ENDPOINT_URL")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    help="seconds for each of two trials; with --aws, for each thing a job should do",
)
@_option("instance_type", "with --aws: of the jobs", default="ml.m5.large", show_default=True)
@_option("role", "with --aws: name or ARN of the role that jobs run as; default: $AWS_ROLE, else found")
@_option("s3_bucket", "with --aws: bucket to use; default: sagemaker-REGION-ACCOUNT")
@_option("region", "with --aws: default: that of the AWS configuration")
@_option("skip_jobs", "with --aws: look only, start no job", is_flag=True)
@_option("yes", "with --aws: do not ask before spending money", is_flag=True)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(benchmark: str | None, aws: bool, timeout: float, as_json: bool, **flags: Any) -> int:
    """Say what is wrong: with a benchmark's script, or with an AWS account.

    --benchmark runs one short trial here, and one with a pause. --aws looks at credentials, role, bucket,
    rights, quotas and price; then, once you agreed to the price, at small jobs: one that runs, one that is
    paused and resumed, one that is stopped. That takes ten minutes on AWS, seconds on the emulator.
    """
    if aws == (benchmark is not None):
        raise UsageError("Say what to check: --benchmark NAME (a script), or --aws (an account)")
    if benchmark is not None:
        return _check_script(benchmark, timeout, as_json)
    return _check_account(timeout, as_json, **flags)


def _check_script(benchmark: str, timeout: float, as_json: bool) -> int:
    from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
    from benchmarking.commons.checkup import check_benchmark
    from benchmarking.commons.choices import pick_benchmark

    definition = pick_benchmark(benchmark, real_benchmark_definitions)
    print(f"Training {definition.script} for a few epochs, twice ...", file=sys.stderr)
    findings = check_benchmark(definition, timeout)
    if as_json:
        print(json.dumps([finding.to_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{_SIGNS[finding.level]}  {finding.what}")
    is_fit = all(finding.level != "bad" for finding in findings)
    if is_fit:
        shown = shlex.quote(benchmark)
        print(f"\nNext:  synebench run --experiment_tag TAG --benchmark {shown}", file=sys.stderr)
    return 0 if is_fit else 1


def _check_account(timeout: float, as_json: bool, skip_jobs: bool, yes: bool, **options: Any) -> int:
    from benchmarking.commons.aws_checkup import AwsCheckup
    from benchmarking.commons.aws_checkup_steps import CheckupOptions

    checkup = AwsCheckup(CheckupOptions(**options), timeout, skip_jobs, yes)
    checks: list[Check] = []
    try:
        _follow(checkup, checks, as_json)
    finally:
        if as_json:
            print(json.dumps([check.to_json() for check in checks], indent=2))
    bad = [check for check in checks if check.level == "bad"]
    print("", file=sys.stderr)
    if bad:
        print("To be put right:", file=sys.stderr)
        for check in bad:
            print(f"  {check.step}: {check.what}", file=sys.stderr)
        return 1
    flags = "--experiment_tag TAG --benchmark mlp_digits --backend sagemaker"
    print(f"Next:  synebench run {flags}", file=sys.stderr)
    return 0


def _follow(checkup: AwsCheckup, checks: list[Check], as_json: bool) -> None:
    for check in checkup.run():
        checks.append(check)
        if not as_json:
            print(f"{_SIGNS[check.level]}  {check.step}: {check.what}", flush=True)
