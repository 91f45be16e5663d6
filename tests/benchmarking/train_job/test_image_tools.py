"""Which program builds images, how it is called, and when an image has to be built at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarking.train_job import image_tools
from benchmarking.train_job.image_builder import build_image, context_digest
from benchmarking.train_job.image_tools import ImageTool, find_image_tool
from benchmarking.train_job.training_order import training_order
from syne_core.errors import SyneError, UsageError

RECORDER = """#!/bin/sh
echo "$0 $*" >> {log}
case $1 in login) echo "stdin $(/bin/cat)" >> {log};; esac
exit {code}
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that alone is on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(image_tools, "_PROBE_S", 300.0)
    monkeypatch.delenv("STORAGE_DRIVER", raising=False)
    monkeypatch.delenv("BUILDAH_ISOLATION", raising=False)
    return folder


def install(folder: Path, name: str, text: str | None = None, code: int = 0) -> Path:
    """A program that writes down how it is called."""
    log = folder.parent / "calls.txt"
    path = folder / name
    path.write_text(text or RECORDER.format(log=log, code=code))
    path.chmod(0o755)
    return log


def test_a_docker_without_daemon_does_not_count(programs: Path) -> None:
    install(programs, "docker", "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    with pytest.raises(UsageError, match="docker is here, but does not work: Cannot connect to the Docker"):
        find_image_tool()
    install(programs, "buildah")
    assert find_image_tool().name == "buildah"
    install(programs, "podman")
    assert find_image_tool().name == "podman"
    install(programs, "docker")
    assert find_image_tool().name == "docker"


def test_without_any_program_it_says_what_is_needed(programs: Path) -> None:
    with pytest.raises(UsageError, match="docker, podman or buildah"):
        find_image_tool()


def test_simple_storage_is_chosen_where_the_default_does_not_work(programs: Path) -> None:
    install(programs, "buildah", '#!/bin/sh\n[ "$STORAGE_DRIVER" = vfs ]\n')
    assert find_image_tool().variables == {"STORAGE_DRIVER": "vfs"}


def test_passwords_are_not_on_command_lines(programs: Path, tmp_path: Path) -> None:
    log = install(programs, "podman")
    tool = find_image_tool()
    tool.push("127.0.0.1:1/foo/model:1", "AWS", "secret", plain_http=True)
    lines = log.read_text().splitlines()
    assert [line.split()[1] for line in lines if line.startswith("/")] == ["info", "login", "push"]
    assert not any("secret" in line for line in lines if line.startswith("/"))
    assert "stdin secret" in lines
    assert all("--tls-verify=false" in line for line in lines if " login " in line or " push " in line)
    assert "--authfile" in lines[-1], "the user's own logins are left alone"


def test_builds_for_the_processors_of_aws(programs: Path, tmp_path: Path) -> None:
    log = install(programs, "buildah")
    find_image_tool().build(tmp_path, tmp_path / "Dockerfile", "host/foo:1", "linux/amd64")
    assert "build --platform linux/amd64 --isolation" in log.read_text()


def test_failures_name_program_and_step(programs: Path, tmp_path: Path) -> None:
    install(programs, "docker", code=3)
    tool = ImageTool("docker", str(programs / "docker"))
    with pytest.raises(SyneError, match=r"docker could not build foo:1 \(exit code 3\)"):
        tool.build(tmp_path, tmp_path / "Dockerfile", "foo:1", None)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("COPY data.txt /opt/", True),
        ("COPY other.txt /opt/", False),
        ("ADD ./ /opt/", True),
        ("COPY --chown=a *.txt /opt/", True),
        ('COPY ["data.txt", "/opt/"]', True),
        ("COPY a \\\n  data.txt /opt/", True),
        ("COPY --from=build data.txt /opt/", False),
        ("COPY $FILE /opt/", True),
        ("RUN echo data.txt", False),
    ],
)
def test_an_image_depends_on_what_its_dockerfile_copies(tmp_path: Path, line: str, counts: bool) -> None:
    (tmp_path / "data.txt").write_text("1")
    dockerfile = f"FROM scratch\n{line}\n"
    before = context_digest(tmp_path, dockerfile)
    assert context_digest(tmp_path, dockerfile) == before
    (tmp_path / "data.txt").write_text("2")
    assert (context_digest(tmp_path, dockerfile) != before) == counts
    assert context_digest(tmp_path, dockerfile + "# more\n") != before


@pytest.mark.long
def test_an_image_that_is_there_is_not_built_again(emulator, model_script: Path, capfd) -> None:
    import sys

    sys.path.append(str(Path(__file__).parents[2] / "syne_core" / "emulator"))
    from small_image import Pushing

    from benchmarking.train_job.dockerfile import dockerfile_text
    from syne_core.aws.session import AwsSession

    order, nothing = training_order(model_script, build=True), ImageTool("docker", "/no/such/program")
    with pytest.raises(SyneError, match="docker cannot be started"):
        build_image(AwsSession.resolve(), nothing, order)
    (repository,) = emulator.client("ecr").describe_repositories()["repositories"]
    assert repository["repositoryName"] == "foo/model"
    version = context_digest(order.folder, dockerfile_text(model_script))
    Pushing(emulator.endpoint_url).push("foo/model", version, [])
    image = build_image(AwsSession.resolve(), nothing, order)
    assert image == f"{emulator.account}.dkr.ecr.us-east-1.amazonaws.com/foo/model:{version}"
    assert "is there already" in capfd.readouterr().err


def test_a_dockerfile_beside_the_script_is_used_unless_the_user_says_otherwise(model_script: Path) -> None:
    assert not training_order(model_script).build
    assert training_order(model_script, build=True).build, "by the one that init would write"
    (model_script.parent / "Dockerfile").write_text("FROM scratch\n")
    order = training_order(model_script)
    assert order.build
    assert "--no-build" in order.notes[0]
    assert not training_order(model_script, build=False).build
    assert not training_order(model_script, image="default-cpu").build
    with pytest.raises(UsageError, match="--train-image says nothing"):
        training_order(model_script, image="default-cpu", build=True)
