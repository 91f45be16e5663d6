"""Can trials run on SageMaker, with this account and as things are set up? One step after the other."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarking.commons.aws_checkup_account import AccountChecks
from benchmarking.commons.aws_checkup_jobs import JobChecks
from benchmarking.commons.aws_checkup_steps import Check, CheckupOptions
from benchmarking.commons.spending import Spending, agree_to_spend

__all__ = ["CHECKUP_SCRIPT", "AwsCheckup"]

#: What the jobs run.
CHECKUP_SCRIPT = Path(__file__).parents[1] / "training_scripts" / "aws_checkup" / "aws_checkup.py"


@dataclass
class AwsCheckup:
    """The checks of ``synebench doctor --aws``.

    :param timeout: seconds for each thing that a job is expected to do
    :param skip_jobs: look at the account only; nothing costs anything
    :param yes: do not ask before spending money
    :param script: what the jobs run
    """

    options: CheckupOptions
    timeout: float = 600.0
    skip_jobs: bool = False
    yes: bool = False
    script: Path = CHECKUP_SCRIPT
    tag: str = field(default_factory=lambda: f"doctor-{time.strftime('%m%d-%H%M%S')}-{secrets.token_hex(2)}")

    def run(self) -> Iterator[Check]:
        """Everything, each check when it is done. Jobs run only if nothing stands in their way.

        :raises RefusedError: the user does not want to spend the money
        :raises MissingDependencyError: boto3 is not installed
        """
        account = AccountChecks(self.options, self.tag)
        is_ready = True
        for check in account.run():
            is_ready &= not check.blocks
            yield check
        if self.skip_jobs:
            yield Check("jobs", "warning", "not run, since --skip_jobs was given")
        elif not is_ready or account.session is None or account.bucket is None:
            yield Check("jobs", "warning", "not run: first put right what is called BAD")
        else:
            has_room = (account.quota or 0) >= JobChecks.NUM_AT_ONCE
            jobs = JobChecks(
                account.session, self.options, account.bucket, self.tag, self.timeout, self.script, has_room
            )
            most = [Spending(self.options.instance_type, 1, jobs.max_run)] * jobs.NUM_JOBS
            agree_to_spend(account.session, most, self.yes, "jobs")
            yield from jobs.run()
