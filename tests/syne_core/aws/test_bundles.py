"""What travels to jobs: all that is needed, nothing secret, the same bytes for the same source."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syne_core.aws.bundle_files import folder_files, is_secret
from syne_core.aws.bundles import Bundle, make_bundle, upload_bundle
from syne_core.aws.runner_archive import runner_archive
from syne_core.aws.session import AwsSession
from syne_core.errors import AwsSetupError, SyneError, UsageError
from syne_core.paths import bundle_prefix

if TYPE_CHECKING:
    from syne_core.emulator import Emulator


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "my script"
    folder.mkdir()
    (folder / "train.py").write_text("print('ran')\n")
    return folder


def _bundle(source: Path, *dependencies: Path, requirements: str | None = None) -> Bundle:
    return make_bundle(source, dependencies, requirements, engine=False)


def _names(bundle: Bundle) -> list[str]:
    return [file.name for file in bundle.files]


def _archive(bundle: Bundle) -> bytes:
    stream = io.BytesIO()
    bundle.write_source(stream)
    return stream.getvalue()


def _contents(bundle: Bundle) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(_archive(bundle))) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def _write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def _git(folder: Path, *arguments: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=clean)


# -- which files ----------------------------------------------------------------------------------------


def test_caches_environments_and_repositories_stay_here(source: Path) -> None:
    _write(source, "pkg/a.py", "pkg/__pycache__/a.pyc", ".git/HEAD", "venv/pyvenv.cfg", "venv/lib/x.py")
    _write(
        source, "env/conda-meta/history", ".mypy_cache/x", ".ipynb_checkpoints/n.ipynb", "old.pyc", ".venv/x"
    )
    bundle = _bundle(source)
    assert _names(bundle) == ["pkg/a.py", "train.py"]
    assert bundle.notes == ()


def test_what_git_ignores_stays_here(source: Path) -> None:
    _git(source, "init", "-q")
    _write(source, ".gitignore", "data/big.bin", "out.log", "sub/keep.py", "sub/drop.tmp", "kept.log")
    (source / ".gitignore").write_text("data/\n*.log\n!sub/keep.py\n")
    _write(source / "sub", ".gitignore")
    (source / "sub" / ".gitignore").write_text("*.tmp\n")
    _git(source, "add", "-f", "kept.log")
    assert _names(_bundle(source)) == [".gitignore", "kept.log", "sub/.gitignore", "sub/keep.py", "train.py"]


def test_folder_that_git_ignores_as_a_whole_travels(source: Path) -> None:
    """As installed packages do, in a virtual environment within a repository."""
    _git(source.parent, "init", "-q")
    (source.parent / ".gitignore").write_text("my script/\n")
    assert _names(_bundle(source)) == ["train.py"]


def test_hooks_of_git_do_not_mislead(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a hook, git's variables name another repository."""
    _git(source, "init", "-q")
    (source / ".gitignore").write_text("*.log\n")
    _write(source, "a.log")
    monkeypatch.setenv("GIT_DIR", str(source.parent / "elsewhere"))
    assert _names(_bundle(source)) == [".gitignore", "train.py"]


def test_without_git_nothing_is_ignored(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (source / ".gitignore").write_text("*.log\n")
    _write(source, "a.log")
    assert _names(_bundle(source)) == [".gitignore", "a.log", "train.py"]


SECRETS = (
    "server.pem",
    "keys/id_rsa",
    "keys/id_ed25519.pub",
    ".aws/credentials",
    ".env",
    ".env.local",
    ".netrc",
)


def test_credentials_stay_here_with_a_note(source: Path) -> None:
    _write(source, *SECRETS, ".env.example", "environment.py", "token_counts.json")
    bundle = _bundle(source)
    assert _names(bundle) == [".env.example", "environment.py", "token_counts.json", "train.py"]
    assert len(bundle.notes) == 1
    assert "look like credentials: .aws, .env, .env.local" in bundle.notes[0]
    assert "and 2 more" in bundle.notes[0]


@pytest.mark.parametrize(
    "name", ["ID_RSA", "aws_accessKeys.csv", "kaggle.json", "Server.PEM", ".git-credentials"]
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


def test_link_to_a_secret_is_one(source: Path) -> None:
    _write(source.parent, "id_rsa")
    (source / "innocent").symlink_to(source.parent / "id_rsa")
    bundle = _bundle(source)
    assert _names(bundle) == ["train.py"]
    assert "innocent" in bundle.notes[0]


def test_links_travel_as_what_they_lead_to(source: Path) -> None:
    _write(source.parent, "shared/a.py", "shared/deep/b.py", "single.txt")
    (source / "lib").symlink_to(source.parent / "shared")
    (source / "single").symlink_to("../single.txt")
    (source / "again.py").symlink_to("train.py")
    contents = _contents(_bundle(source))
    assert sorted(contents) == ["again.py", "lib/a.py", "lib/deep/b.py", "single", "train.py"]
    assert contents["again.py"] == contents["train.py"]


def test_links_in_circles_and_to_nowhere_stay_here(source: Path) -> None:
    (source / "self").symlink_to(".")
    (source / "up").symlink_to("..")
    (source / "nowhere").symlink_to("missing")
    (source / "sub").mkdir()
    (source / "sub" / "back").symlink_to(source)
    (source / "loop").symlink_to("loop")
    os.mkfifo(source / "pipe")
    bundle = _bundle(source)
    assert _names(bundle) == ["train.py"]
    assert "cannot be packed: loop, nowhere, pipe, self, sub/back and 1 more" in bundle.notes[0]


def test_links_within_a_repository_are_no_trouble(source: Path) -> None:
    """git refuses paths that lead through a link."""
    _git(source, "init", "-q")
    (source / ".gitignore").write_text("*.log\n")
    _write(source, "real/a.py", "real/b.log")
    (source / "lib").symlink_to("real")
    assert _names(_bundle(source)) == [".gitignore", "lib/a.py", "real/a.py", "train.py"]


def test_awkward_names(source: Path) -> None:
    names = ["a b.py", "quote'\".py", "line\nbreak.py", "Größe/学习.py", "x" * 200 + ".py"]
    _write(source, *names)
    (Path(os.fsdecode(os.fsencode(source))) / os.fsdecode(b"latin-\xe9.txt")).write_text("x")
    _git(source, "init", "-q")
    names = {*names, "train.py", os.fsdecode(b"latin-\xe9.txt")}
    assert set(_contents(_bundle(source))) == names


def test_far_too_many_files_are_refused(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syne_core.aws.bundle_files.MOST_FILES", 3)
    _write(source, *(f"{i}.py" for i in range(4)))
    with pytest.raises(UsageError, match="more than 3 files"):
        folder_files(source)


# -- what else ------------------------------------------------------------------------------------------


def test_dependencies_and_the_engine_lie_beside_the_script(source: Path, tmp_path: Path) -> None:
    _write(tmp_path, "lib/a.py", "lib/sub/b.py", "single.py", "extra.pem")
    bundle = make_bundle(source, [tmp_path / "lib", tmp_path / "single.py", tmp_path / "extra.pem"])
    names = _names(bundle)
    assert {"train.py", "lib/a.py", "lib/sub/b.py", "single.py", "syne_core.zip"} <= set(names)
    assert "extra.pem" not in names
    assert names == sorted(names)


def test_engine_of_the_bundle_can_be_imported(source: Path, tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(_archive(make_bundle(source)))) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    code = "from syne_core import Reporter; import syne_core; print(syne_core.__file__); Reporter()(a=1)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "out" / "syne_core.zip")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(tmp_path / "out"))
    assert '[tune-metric]: {"a": 1' in done.stdout


def test_engine_in_the_source_is_not_taken_twice(source: Path, tmp_path: Path) -> None:
    _write(tmp_path, "syne_core/__init__.py")
    assert _names(make_bundle(source, [tmp_path / "syne_core"])) == ["syne_core/__init__.py", "train.py"]
    _write(source, "syne_core/__init__.py")
    assert _names(make_bundle(source)) == ["syne_core/__init__.py", "train.py"]


def test_dependency_that_is_in_the_source_already(source: Path) -> None:
    _write(source, "lib/a.py")
    assert _names(_bundle(source, source / "lib")) == ["lib/a.py", "train.py"]


def test_two_things_of_one_name_are_refused(source: Path, tmp_path: Path) -> None:
    _write(source, "lib/a.py")
    _write(tmp_path, "lib/b.py")
    with pytest.raises(UsageError, match="something else called 'lib'"):
        _bundle(source, tmp_path / "lib")


def test_what_is_missing_is_named(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gone does not exist"):
        _bundle(source, tmp_path / "gone")
    with pytest.raises(UsageError, match=r"folder .*gone does not exist"):
        _bundle(tmp_path / "gone")


def test_requirements_are_put_into_the_bundle_alone(source: Path) -> None:
    """Fault 13: nothing is written into the source tree."""
    (source / "requirements.txt").write_text("theirs\n")
    assert _contents(_bundle(source, requirements="ours"))["requirements.txt"] == b"ours\n"
    assert (source / "requirements.txt").read_text() == "theirs\n"
    assert _contents(_bundle(source))["requirements.txt"] == b"theirs\n"


def test_too_many_bytes_name_the_largest_files(source: Path) -> None:
    (source / "big.bin").write_bytes(bytes(3 * 1024**2))
    (source / "bigger.bin").write_bytes(bytes(4 * 1024**2))
    with pytest.raises(UsageError, match=r"7\.0 MB, at most 6\.0 MB .* bigger\.bin \(4\.0 MB\), big\.bin"):
        make_bundle(source, size_limit=6 * 1024**2, engine=False)
    assert make_bundle(source, size_limit=8 * 1024**2, engine=False).size > 7 * 1024**2


# -- the same for the same -------------------------------------------------------------------------------


def test_same_source_same_bytes(source: Path, tmp_path: Path) -> None:
    _write(source, "a.py", "pkg/b.py")
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o750)
    copy = tmp_path / "copy"
    shutil.copytree(source, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    (copy / "a.py").chmod(0o600)
    first, second = _bundle(source), _bundle(copy)
    assert first.sha256 == second.sha256
    assert _archive(first) == _archive(second)
    with tarfile.open(fileobj=io.BytesIO(_archive(first))) as archive:
        entries = archive.getmembers()
    assert {(e.mtime, e.uid, e.gid, e.uname, e.gname) for e in entries} == {(0, 0, 0, "", "")}
    assert {e.name: e.mode for e in entries if e.name in ("run.sh", "a.py")} == {
        "run.sh": 0o755,
        "a.py": 0o644,
    }
    assert gzip.decompress(_archive(first))[:4] == b"a.py"


def test_digest_depends_on_contents_names_and_permissions(source: Path) -> None:
    digests = [_bundle(source).sha256]
    (source / "train.py").chmod(0o755)
    digests.append(_bundle(source).sha256)
    (source / "train.py").write_text("other")
    digests.append(_bundle(source).sha256)
    (source / "train.py").rename(source / "other.py")
    digests.append(_bundle(source).sha256)
    digests.append(_bundle(source, requirements="x").sha256)
    assert len(set(digests)) == 5


def test_file_that_changes_meanwhile_is_noticed(source: Path) -> None:
    for changed in ("print('man')\n", "", "longer than it was before, by far\n"):
        (source / "train.py").write_text("print('ran')\n")
        bundle = _bundle(source)
        (source / "train.py").write_text(changed)
        with pytest.raises(SyneError, match="changed while it was packed"):
            _archive(bundle)


# -- upload ----------------------------------------------------------------------------------------------


def test_bundle_is_uploaded_once(source: Path, emulator: Emulator) -> None:
    session, bundle = AwsSession.resolve(), _bundle(source)
    bucket = emulator.bucket
    before = emulator.calls()
    uri = upload_bundle(session, bucket, bundle)
    assert uri == f"s3://{bucket}/{bundle_prefix(bundle.sha256)}"
    first = _calls_since(emulator, before)
    assert first == {"HeadObject": 1, "PutObject": 2}
    before = emulator.calls()
    assert upload_bundle(session, bucket, bundle) == uri
    assert _calls_since(emulator, before) == {"HeadObject": 1}

    def stored(name: str) -> bytes:
        answer = session.client("s3").get_object(Bucket=bucket, Key=bundle_prefix(bundle.sha256) + name)
        return answer["Body"].read()  # type: ignore[no-any-return]

    assert stored("runner.pyz") == runner_archive()
    with tarfile.open(fileobj=io.BytesIO(stored("source.tar.gz"))) as archive:
        assert archive.getnames() == ["train.py"]


def _calls_since(emulator: Emulator, before: dict[str, int]) -> dict[str, int]:
    now = emulator.calls()
    return {name: now[name] - before.get(name, 0) for name in now if now[name] > before.get(name, 0)}


def test_several_may_upload_at_the_same_time(source: Path, emulator: Emulator) -> None:
    session, bundle = AwsSession.resolve(), _bundle(source)
    uris: list[str] = []
    threads = [
        threading.Thread(target=lambda: uris.append(upload_bundle(session, emulator.bucket, bundle)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(uris) == 4
    assert len(set(uris)) == 1


def test_upload_that_broke_off_is_made_good(source: Path, emulator: Emulator) -> None:
    session, bundle = AwsSession.resolve(), _bundle(source)
    s3, prefix = session.client("s3"), bundle_prefix(bundle.sha256)
    s3.put_object(Bucket=emulator.bucket, Key=f"{prefix}source.tar.gz", Body=b"half of it")
    upload_bundle(session, emulator.bucket, bundle)
    content = s3.get_object(Bucket=emulator.bucket, Key=f"{prefix}source.tar.gz")["Body"].read()
    assert gzip.decompress(content)


def test_upload_to_a_bucket_that_is_not_there(source: Path, emulator: Emulator) -> None:
    with pytest.raises((AwsSetupError, SyneError), match="upload the bundle to bucket 'no-such-bucket'"):
        upload_bundle(AwsSession.resolve(), "no-such-bucket", _bundle(source))
