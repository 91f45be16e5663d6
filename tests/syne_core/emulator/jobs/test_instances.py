"""Jobs of several instances."""

from __future__ import annotations

import json

from job_rig import JobRig, in_namespaces
from job_rig import rig_of_jobs as rig_of_jobs
from job_rig import shared_emulator as shared_emulator

TWO = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
WHO = (
    "import json, socket, sys, time\n"
    "resources = json.load(open(base + '/input/config/resourceconfig.json'))\n"
    "me = resources['current_host']\n"
)
# The first listens, the second calls; both listen on the same port under their own names.
TALK = """
port = int(sys.argv[1])
mine = socket.create_server((me, port))
if me == 'algo-1':
    connection, _ = mine.accept()
    print('heard', connection.recv(100).decode())
else:
    deadline = time.monotonic() + 120
    while True:
        try:
            with socket.create_connection((resources['hosts'][0], port), timeout=1) as connection:
                connection.sendall(b'greetings from ' + me.encode())
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
"""


@in_namespaces
def test_instances_talk_to_each_other_by_name(rig: JobRig) -> None:
    specification = {"ContainerArguments": ["27631"]}
    ran = rig.run(WHO + TALK, ResourceConfig=TWO, AlgorithmSpecification=specification)
    assert ran.completed().log("algo-1") == ["heard greetings from algo-2"]


def test_each_instance_knows_itself_and_the_others(rig: JobRig) -> None:
    groups = [
        {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "small"},
        {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "InstanceGroupName": "large"},
    ]
    script = WHO + "print(json.dumps(resources))"
    ran = rig.run(script, ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 1}).completed()
    for host, kind, group in (("algo-1", "ml.m5.large", "small"), ("algo-3", "ml.c5.xlarge", "large")):
        found = json.loads(ran.log(host)[-1])
        assert found["current_host"] == host
        assert found["current_instance_type"] == kind
        assert found["current_group_name"] == group
        assert found["hosts"] == ["algo-1", "algo-2", "algo-3"]
        assert found["instance_groups"][1] == {
            "instance_group_name": "large",
            "instance_type": "ml.c5.xlarge",
            "hosts": ["algo-2", "algo-3"],
        }


def test_one_instance_that_fails_ends_the_job(rig: JobRig) -> None:
    script = (
        WHO + "if me == 'algo-2':\n"
        "    open(base + '/output/failure', 'w').write('I am broken')\n"
        "    sys.exit(5)\n"
        "while True: time.sleep(0.01)"
    )
    end = rig.run(script, ResourceConfig=TWO).end()
    assert (end.status, end.exit_code) == ("Failed", 5)
    assert end.failure_reason == "AlgorithmError: I am broken, exit code: 5"


def test_stop_reaches_all_instances(rig: JobRig) -> None:
    script = (
        WHO + "import signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('heeded'), sys.exit(0)))\n"
        "print('up')\n"
        "while True: time.sleep(0.01)"
    )
    ran = rig.run(script, ResourceConfig=TWO)
    ran.prints("up")
    rig.until(lambda: ran.log("algo-2") == ["up"], "the second instance")
    ran.job.stop()
    assert ran.end().status == "Stopped"
    assert ran.log("algo-1") == ran.log("algo-2") == ["up", "heeded"]
