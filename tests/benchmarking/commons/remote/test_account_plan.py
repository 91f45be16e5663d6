"""What S3 says of a study before it is launched again."""

from __future__ import annotations

from fabricated_studies import FabricatedStudy

from benchmarking.commons.remote.planning.account_plan import states_on_s3
from benchmarking.commons.remote.planning.remote_plan import TO_RETRY
from syne_core.aws.session import AwsSession
from syne_core.emulator import Emulator


def test_only_failures_of_aws_with_attempts_left_are_tried_again_unasked(emulator: Emulator) -> None:
    study = FabricatedStudy(emulator.client("s3"), emulator.bucket, states=("finished", *[None] * 4)).put()
    study.mark(1, "failed", cause="code", reason="it broke")
    study.mark(2, "failed", cause="infrastructure", reason="the disk was gone")
    study.mark(3, "failed", cause="infrastructure", reason="the disk was gone", attempt=3)
    found = states_on_s3(AwsSession.resolve(), emulator.bucket, study.tag)
    ids = [one["id"][:8] for one in study.experiments]
    assert [found.get(id8) for id8 in ids] == ["finished", "failed", TO_RETRY, "failed", None]
