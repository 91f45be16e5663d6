"""Many jobs at once, stopped, killed and interrupted at random moments."""

from __future__ import annotations

import os
import random
import threading

import pytest
from job_rig import JobRig, processes_below
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

SCRIPTS = {
    "quick": "print('x')",
    "broken": "1 / 0",
    "waits": "import time; time.sleep(60)",
    "ignores": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
    "leaves": "import subprocess\nsubprocess.Popen(['sleep', '99'], start_new_session=True)",
}
POSSIBLE = {
    None: {"quick": "Completed", "leaves": "Completed", "broken": "Failed"},
    "stop": {"waits": "Stopped", "ignores": "Stopped"},
    "kill": {"waits": "Stopped", "ignores": "Stopped"},
    "interrupt": {"waits": "Stopped", "ignores": "Stopped"},
}


@pytest.mark.soak
def test_whatever_is_asked_of_many_jobs_each_ends_once_and_leaves_nothing(rig: JobRig) -> None:
    draw = random.Random(0)
    runs = []
    for number in range(150):
        kind = draw.choice(list(SCRIPTS))
        must_end = kind in ("waits", "ignores")
        asked = draw.choice(
            ["stop", "kill", "interrupt"] if must_end else [None, "stop", "kill", "interrupt"]
        )
        ran = rig.run(
            SCRIPTS[kind],
            grace=0.5,
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": draw.choice([1, 1, 2])},
            CheckpointConfig={"S3Uri": rig.uri(f"checkpoints/{number}")},
        )
        runs.append((kind, asked, ran))
        if asked is not None:
            threading.Timer(draw.random() * 0.6, getattr(ran.job, asked)).start()
        rig.until(lambda: sum(not ran.job.join(0) for *_, ran in runs) < 12, "room")
    for kind, asked, ran in runs:
        end = ran.end()
        expected = POSSIBLE[asked].get(kind)
        assert expected in (None, end.status), (kind, asked, end)
    assert not processes_below(os.getpid())
