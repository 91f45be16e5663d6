"""Jobs like those of the SageMaker SDK v3's ModelTrainer: bash runs a script of the channel ``sm_drivers``,
which knows ``/opt/ml`` by name. The SDK itself runs in the long tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from job_rig import PACKAGE, JobRig, Ran, in_namespaces
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

DRIVER = """
#!/bin/bash
set -e
trap 'echo "failed with $?" >> /opt/ml/output/failure; exit 9' ERR
python=$(command -v python3 || command -v python)
pip=$(command -v pip3 || command -v pip)
$python /opt/ml/input/data/sm_drivers/variables.py
source /opt/ml/input/variables.env
cd /opt/ml/input/data/code
if [ -f requirements.txt ]; then $pip install --no-index -r requirements.txt; fi
$python train.py $ARGUMENT
"""
VARIABLES = """
import json
resources = json.load(open('/opt/ml/input/config/resourceconfig.json'))
with open('/opt/ml/input/variables.env', 'w') as file:
    file.write(f"export ARGUMENT={resources['current_host']}")
"""
COMMAND = "chmod +x {0} && {0}".format("/opt/ml/input/data/sm_drivers/train.sh")


@in_namespaces
def test_drivers_run_unmodified_and_install_into_the_job_alone(rig: JobRig) -> None:
    script = "import sys, syne_wanted\nprint('trained on', sys.argv[1])"
    ran = run_driver(rig, {**PACKAGE, "train.py": script})
    assert ran.completed().log()[-1] == "trained on algo-1"
    assert importlib.util.find_spec("syne_wanted") is None


@in_namespaces
def test_drivers_say_themselves_why_they_failed(rig: JobRig) -> None:
    ran = run_driver(rig, {"train.py": "raise SystemExit(3)"})
    assert ran.end().failure_reason == "AlgorithmError: failed with 3, exit code: 9"


def run_driver(rig: JobRig, files: Mapping[str, str | bytes]) -> Ran:
    for name, text in files.items():
        rig.put(f"source/{name}", text)
    rig.put("drivers/train.sh", DRIVER)
    rig.put("drivers/variables.py", VARIABLES)
    return rig.run(
        InputDataConfig=[rig.channel("sm_drivers", "drivers/"), rig.channel("code", "source/")],
        AlgorithmSpecification={"ContainerEntrypoint": ["/bin/bash"], "ContainerArguments": ["-c", COMMAND]},
    )
