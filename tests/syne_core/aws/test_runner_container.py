"""The runner as SageMaker starts it: a process that finds its job below /opt/ml. No S3 here."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import is_alive
from runner_container import DEADLINE_S, RunnerContainer, ended, wait_until

import syne_core
from syne_core.aws.runner_archive import runner_archive

SHOW = """
    import json, os, sys
    print("SEEN", json.dumps({"argv": sys.argv, "environ": dict(os.environ), "cwd": os.getcwd()}))
"""


@pytest.fixture
def container(tmp_path: Path) -> Iterator[RunnerContainer]:
    made = RunnerContainer(tmp_path)
    yield made
    made.kill()


def _seen(stdout: str) -> dict:
    return json.loads(stdout.partition("SEEN ")[2].partition("\n")[0])


AWKWARD = {
    "x": "1e-05",
    "y": "-3",
    "spaces": "a b  c ",
    "quotes": 'it\'s "quoted" `here` $HOME \\',
    "newline": "line\nbreak\ttab",
    "unicode": "Größe 学习 🎯",
    "list": '[1, "two", null]',
    "empty": "",
    "option": "--lr",
    **{f"k{i}": str(i) for i in range(100)},
}


def test_arguments_arrive_intact(container: RunnerContainer) -> None:
    """Fault 5: nothing is split or quoted on the way."""
    container.script(SHOW)
    container.job["arguments"] = [part for name, value in AWKWARD.items() for part in (f"--{name}", value)]
    container.variables = {"LC_ALL": "C", "PYTHONUTF8": "1"}
    done = container.run()
    assert done.code == 0, done.stderr
    assert _seen(done.stdout)["argv"][1:] == container.job["arguments"]


def test_script_finds_its_folders_and_its_neighbours(container: RunnerContainer) -> None:
    container.script("import neighbour.inner, os\nprint(neighbour.inner.NAME, os.getcwd())")
    (container.source / "neighbour").mkdir()
    (container.source / "neighbour" / "inner.py").write_text("NAME = 'found'")
    done = container.run()
    assert done.stdout.split("\n")[0] == f"found {container.base / 'code'}"


def test_engine_of_the_bundle_is_the_one_that_is_imported(container: RunnerContainer) -> None:
    container.engine = True
    container.script(
        """
        import syne_core
        from syne_core import Reporter
        from syne_core.config_space import uniform
        Reporter()(a=1)
        print("FROM", syne_core.__file__)
        """
    )
    done = container.run()
    assert done.code == 0, done.stderr
    assert f"FROM {container.base / 'code' / 'syne_core.zip' / 'syne_core'}" in done.stdout
    assert '[tune-metric]: {"a": 1' in done.stdout


def test_checkpoint_folder_replaces_a_whole_argument_only(container: RunnerContainer) -> None:
    container.script(SHOW)
    container.job["arguments"] = ["--st_checkpoint_dir", "{checkpoints}", "--text", "a {checkpoints}"]
    done = container.run()
    checkpoints = container.base / "checkpoints"
    assert _seen(done.stdout)["argv"][1:] == [
        *("--st_checkpoint_dir", str(checkpoints)),
        *("--text", "a {checkpoints}"),
    ]
    assert checkpoints.is_dir()


def test_sagemaker_variables(container: RunnerContainer) -> None:
    container.script(SHOW)
    container.config_file(
        "resourceconfig.json",
        {
            "current_host": "algo-2",
            "hosts": ["algo-1", "algo-2"],
            "network_interface_name": "eth1",
            "current_instance_type": "ml.c5.xlarge",
        },
    )
    container.config_file("inputdataconfig.json", {"train": {}, "code": {}})
    (container.base / "input" / "data" / "train").mkdir()
    container.job["config"] = {"lr": 0.1, "x": "a b", "sizes": [1, 2]}
    container.job["environment"] = {"MINE": "yes"}
    environ = _seen(container.run().stdout)["environ"]
    assert environ["SM_MODEL_DIR"] == str(container.base / "model")
    assert environ["SM_CHANNEL_TRAIN"] == str(container.base / "input" / "data" / "train")
    assert json.loads(environ["SM_CHANNELS"]) == ["train"]
    assert json.loads(environ["SM_HPS"]) == container.job["config"]
    assert (environ["SM_HP_LR"], environ["SM_HP_X"], environ["SM_HP_SIZES"]) == ("0.1", "a b", "[1, 2]")
    assert json.loads(environ["SM_HOSTS"]) == ["algo-1", "algo-2"]
    assert (environ["SM_CURRENT_HOST"], environ["SM_CURRENT_HOST_RANK"]) == ("algo-2", "1")
    assert (environ["MASTER_ADDR"], environ["MASTER_PORT"]) == ("algo-1", "7777")
    assert environ["NCCL_SOCKET_IFNAME"] == "eth1"
    assert environ["MINE"] == "yes"


def test_one_host_needs_no_master(container: RunnerContainer) -> None:
    container.script(SHOW)
    container.variables = {"MASTER_ADDR": ""}
    assert _seen(container.run().stdout)["environ"]["MASTER_ADDR"] == ""


def test_configuration_larger_than_a_variable_may_be(container: RunnerContainer) -> None:
    container.script(SHOW)
    container.job["config"] = {"big": "x" * 200_000, "a=b": 1, "lr": 0.1}
    done = container.run()
    assert done.code == 0, done.stderr
    environ = _seen(done.stdout)["environ"]
    assert "SM_HPS" not in environ
    assert environ["SM_HP_LR"] == "0.1"


def test_configuration_as_a_file(container: RunnerContainer) -> None:
    container.script(
        "import json, sys\nassert sys.argv[1] == '--st_config_json_filename'\n"
        "print('SEEN', json.dumps(json.load(open(sys.argv[2]))))"
    )
    container.job.update(config=AWKWARD, pass_args_as_json=True, arguments=["--st_checkpoint_dir", "x"])
    done = container.run()
    assert done.code == 0, done.stderr
    assert _seen(done.stdout) == AWKWARD


def test_job_document_as_a_file_uri(container: RunnerContainer) -> None:
    container.script("print('ran')")
    folder = container.folder / "a b%"
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps(container.job))
    assert container.run((folder / "job.json").as_uri()).stdout == "ran\n"


def test_exit_code_and_failure_are_the_scripts(container: RunnerContainer) -> None:
    container.script("import sys\nprint('é' * 3000, file=sys.stderr)\nraise ValueError('bad lr')")
    done = container.run()
    assert done.code == 1
    assert container.failure is not None
    assert container.failure.startswith("the script ended with exit code 1: ValueError: bad lr")
    assert "Traceback" in container.failure
    assert len(container.failure) <= 1024


def test_exit_code_beyond_one(container: RunnerContainer) -> None:
    container.script("raise SystemExit(42)")
    assert container.run().code == 42
    assert container.failure == "the script ended with exit code 42"


def test_script_that_dies_by_a_signal(container: RunnerContainer) -> None:
    container.script("import os\nos.kill(os.getpid(), 9)")
    assert container.run().code == 137
    assert container.failure == "the script was ended by signal 9, perhaps for want of memory"


def test_success_leaves_no_failure(container: RunnerContainer) -> None:
    container.script("pass")
    assert container.run().code == 0
    assert container.failure is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entry_point": "trian.py"}, "'trian.py' is not in the bundle; there are: train.py"),
        ({"version": 2}, "version 2"),
        ({"arguments": ["--lr", 0.1]}, "arguments must be a list of texts"),
        ({"reports": {"bucket": "b"}}, "reports must have"),
        ({"arguments": ["\0"]}, "cannot be started"),
    ],
)
def test_wrong_job_documents_say_what_is_wrong(container: RunnerContainer, change: dict, words: str) -> None:
    container.script("pass")
    container.job.update(change)
    done = container.run()
    assert done.code == 1
    assert container.failure is not None
    assert words in container.failure
    assert "Traceback" not in done.stderr


def test_numbers_may_be_left_open(container: RunnerContainer) -> None:
    container.script("print('ran')")
    container.job.update(grace_s=None, price_per_hour=None, config=None, arguments=None, environment=None)
    assert container.run().stdout == "ran\n"


def test_folders_that_cannot_be_made_fail_clearly(container: RunnerContainer) -> None:
    container.script("pass")
    (container.base / "model").write_text("a file where the folder should be")
    done = container.run()
    assert done.code == 1
    assert "Traceback" not in done.stderr
    assert "model" in (container.failure or "")


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_job_documents_that_cannot_be_read(container: RunnerContainer, content: str | None) -> None:
    container.script("pass")
    path = container.folder / "other.json"
    if content is not None:
        path.write_text(content)
    done = container.run(str(path))
    assert done.code == 1
    assert container.failure is not None
    assert "job document" in container.failure
    assert "Traceback" not in done.stderr


def test_shell_scripts_and_executables(container: RunnerContainer) -> None:
    container.script("echo shell $1", "go.sh")
    container.job.update(entry_point="go.sh", arguments=["x"])
    assert container.run().stdout == "shell x\n"


def test_executable_keeps_its_permission(container: RunnerContainer) -> None:
    container.script("#!/bin/sh\necho direct $1\n", "go")
    (container.source / "go").chmod(0o755)
    container.job.update(entry_point="go", arguments=["x"])
    assert container.run().stdout == "direct x\n"


def test_both_streams_reach_the_log_in_full(container: RunnerContainer) -> None:
    container.script(
        """
        import sys
        line = "x" * 99
        for _ in range(100_000):
            print(line)
        for _ in range(1000):
            print(line, file=sys.stderr)
        """
    )
    done = container.run()
    assert len(done.stdout) == 100 * 100_000
    assert len(done.stderr) == 100 * 1000


SLOW_LOG = """
import os, sys, time
from syne_core.aws.runner import program, script_output
program.ORPHANS_S = 0.0
copy = script_output._write
def copy_later(*given):
    while not os.path.exists(os.path.join(os.environ["TMPDIR"], "go")):
        time.sleep(0.01)
    return copy(*given)
script_output._write = copy_later
sys.exit(program.main())
"""


def test_what_was_printed_is_copied_however_slow_that_goes(container: RunnerContainer) -> None:
    """The second that orphans have is none for us: the log may take nothing while it passes."""
    container.program = ["-c", SLOW_LOG]
    container.script("import os\nprint(os.getpid(), file=open('pid', 'w'))\nprint('last')\nexit('why')")
    process = container.start()
    pid = container.base / "code" / "pid"
    wait_until(lambda: pid.exists() and pid.read_text() and not is_alive(int(pid.read_text())), "its end")
    (container.folder / "go").touch()
    assert ended(process).stdout == "last\n"
    assert container.failure == "the script ended with exit code 1: why\nwhy"


def test_log_that_is_gone_does_not_stop_the_script(container: RunnerContainer) -> None:
    container.script("import pathlib\nfor _ in range(10_000): print('x' * 99)\npathlib.Path('done').touch()")
    process = container.start()
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(DEADLINE_S) == 0
    process.stderr.close()  # type: ignore[union-attr]
    assert (container.base / "code" / "done").exists()


def test_stray_files_end_up_in_the_model(container: RunnerContainer) -> None:
    """Source 004 saves to /opt/ml/model.h5, which SageMaker does not keep."""
    container.script(
        """
        import os, pathlib
        base = pathlib.Path(os.environ["SM_MODEL_DIR"]).parent
        (base / "model.h5").write_text("weights")
        (base / "export").mkdir()
        (base / "export" / "a").write_text("a")
        (base / "model" / "kept").write_text("kept")
        """
    )
    done = container.run()
    assert "model.h5 was moved to" in done.stderr
    found = {
        path.relative_to(container.base / "model").as_posix()
        for path in (container.base / "model").rglob("*")
    }
    assert found == {"model.h5", "export", "export/a", "kept"}


# -- requirements ------------------------------------------------------------------------------------


def _wheel(folder: Path, name: str, version: str) -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_requirements_are_installed_beside_a_python_that_is_not_ours(container: RunnerContainer) -> None:
    _wheel(container.source, "tinything", "1.5")
    (container.source / "requirements.txt").write_text("--no-index\n--find-links .\ntinything>=1\n")
    container.script("import tinything\nprint(tinything.__file__, tinything.VERSION)")
    done = container.run()
    assert done.code == 0, done.stderr
    assert f"{container.base / 'packages' / 'tinything.py'} 1.5" in done.stdout


def test_requirements_that_are_there_start_no_pip(container: RunnerContainer) -> None:
    (container.source / "requirements.txt").write_text("# ours\n--no-index\nnumpy>=1 # any\nPyYAML\n")
    container.script("print('ran')")
    assert container.run().stdout == "ran\n"


def test_requirements_that_cannot_be_installed_fail_the_job(container: RunnerContainer) -> None:
    (container.source / "requirements.txt").write_text("--no-index\nno-such-package-anywhere==1.0\n")
    container.script("print('ran')")
    done = container.run()
    assert done.code == 1
    assert "ran\n" not in done.stdout
    assert container.failure is not None
    assert container.failure.startswith("requirements.txt cannot be installed: ")
    assert "no-such-package-anywhere" in container.failure


# -- the source archive ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out-of-the-bundle.txt", "a/../../out.txt", "link"])
def test_archive_that_leads_out_is_refused(container: RunnerContainer, name: str) -> None:
    """Fault 20."""
    with tarfile.open(container.channel / "source.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        if name == "link":
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    done = container.run()
    assert done.code == 1
    assert container.failure is not None
    assert "is not a file inside of the bundle" in container.failure
    assert not (container.base / "out.txt").exists()
    assert not Path("/tmp/out-of-the-bundle.txt").exists()


def test_links_that_an_image_has_in_the_code_folder_are_not_followed(container: RunnerContainer) -> None:
    outside = container.folder / "outside"
    outside.mkdir()
    (container.base / "code").mkdir()
    (container.base / "code" / "lib").symlink_to(outside)
    (container.source / "lib").mkdir()
    (container.source / "lib" / "x.py").write_text("")
    container.script("pass")
    assert container.run().code == 1
    assert list(outside.iterdir()) == []


def test_damaged_archive_fails_clearly(container: RunnerContainer) -> None:
    (container.channel / "source.tar.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xffabcdef")
    done = container.run()
    assert done.code == 1
    assert "Traceback" not in done.stderr
    assert "cannot be unpacked" in (container.failure or "")


# -- stopping ----------------------------------------------------------------------------------------

FAMILY = """
    import os, pathlib, signal, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "child.py"])
    def end(*_):
        print("saving", flush=True)
        child.wait()
        sys.exit(5)
    signal.signal(signal.SIGTERM, end)
    while not os.path.exists("child-ready"):
        time.sleep(0.01)
    pathlib.Path("ready").touch()
    time.sleep(600)
"""
CHILD = """
    import pathlib, signal, sys, time
    def end(*_):
        pathlib.Path("child-ended").touch()
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
    pathlib.Path("child-ready").touch()
    time.sleep(600)
"""


def test_sigterm_reaches_the_whole_family_and_exit_code_is_the_scripts(container: RunnerContainer) -> None:
    """Fault 1."""
    container.script(FAMILY)
    container.script(CHILD, "child.py")
    process = container.start()
    code = container.base / "code"
    wait_until((code / "ready").exists, "the script is ready")
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    assert done.code == 5
    assert "saving" in done.stdout
    assert (code / "child-ended").exists()
    assert container.failure is None


def test_script_that_does_not_listen_is_killed_after_the_grace(container: RunnerContainer) -> None:
    container.job["grace_s"] = 0.3
    container.script(
        """
        import os, pathlib, signal, subprocess, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "600"])
        pathlib.Path("ready").write_text(str(child.pid))
        time.sleep(600)
        """
    )
    process = container.start()
    ready = container.base / "code" / "ready"
    wait_until(lambda: ready.exists() and ready.read_text(), "the script is ready")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 137
    wait_until(lambda: not is_alive(int(ready.read_text())), "its child is gone")
    assert container.failure is None, "a stop is no failure"


def test_what_a_script_leaves_behind_is_ended(container: RunnerContainer) -> None:
    container.script(
        "import pathlib, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\npathlib.Path('pid').write_text(str(child.pid))"
    )
    assert container.run().code == 0
    pid = int((container.base / "code" / "pid").read_text())
    wait_until(lambda: not is_alive(pid), "the orphan is gone")


def test_stop_while_requirements_are_installed(container: RunnerContainer) -> None:
    """pip is stopped as well, and the script is never started."""
    (container.source / "requirements.txt").write_text("slow\n")
    (container.source / "pip.py").write_text(
        "import pathlib, time\npathlib.Path('pip-runs').touch()\ntime.sleep(600)"
    )
    container.script("print('ran')")
    process = container.start()  # the working folder comes first: that pip is run
    wait_until((container.base / "code" / "pip-runs").exists, "pip runs")
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    assert done.code == 143
    assert "ran\n" not in done.stdout


# -- versions of Python ------------------------------------------------------------------------------


def _python(minor: int) -> str | None:
    """An interpreter of that version, on the path or among those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser() / "versions"
    found = [shutil.which(f"python3.{minor}"), *pyenv.glob(f"3.{minor}.*/bin/python3.{minor}")]
    for path in filter(None, found):
        if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


@pytest.mark.parametrize("minor", [8, *(pytest.param(m, marks=pytest.mark.long) for m in (9, 10, 12, 13))])
def test_runs_under_other_versions_of_python(container: RunnerContainer, minor: int) -> None:
    path = _python(minor)
    if path is None:
        pytest.skip(f"there is no Python 3.{minor} here")
    container.python = path
    container.script(SHOW)
    container.job.update(arguments=["--lr", "Größe"], config={"lr": 1})
    done = container.run()
    assert done.code == 0, done.stderr
    assert _seen(done.stdout)["argv"][1:] == ["--lr", "Größe"]
    if minor >= 10:
        program = (
            "import hashlib\nfrom syne_core.aws.runner_archive import runner_archive\n"
            "print(hashlib.sha256(runner_archive()).hexdigest())"
        )
        environment = {"PYTHONPATH": str(Path(syne_core.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
        made = subprocess.run(
            [path, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        assert made.stdout.strip() == hashlib.sha256(runner_archive()).hexdigest()


def test_python_is_the_one_that_runs_the_runner(container: RunnerContainer) -> None:
    container.script("import sys\nprint(sys.executable)")
    assert os.path.samefile(container.run().stdout.strip(), sys.executable)
