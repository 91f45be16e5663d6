"""Which files of a folder travel to a job: not those that git ignores, no caches, nothing secret.

A file that git ignores but has been told to track travels. Links are followed: in the bundle lies what they
lead to.
"""

from __future__ import annotations

import fnmatch
import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from syne_core.errors import UsageError

__all__ = ["FolderFiles", "SourceFile", "folder_files", "is_secret"]

MOST_FILES = 50_000

_CACHES = frozenset(
    {"__pycache__", ".git", ".hg", ".svn", ".ipynb_checkpoints", ".DS_Store", ".tox", ".nox", ".eggs"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache", ".venv", "node_modules"}
    | {".idea", ".vscode"}
)
_CACHE_SUFFIXES = (".pyc", ".pyo", ".swp")
_SECRETS = (
    *(
        "*.pem",
        "*.p12",
        "*.pfx",
        "*.ppk",
        "*.jks",
        "*.key",
        "*.keystore",
        "*_accesskeys.csv",
        "accesskeys.csv",
    ),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "service-account*.json", "client_secret*.json"),
    *(".aws", ".ssh", ".gnupg", ".azure", ".gcloud", ".kube", ".docker", ".kaggle", ".dockercfg", ".boto"),
    *(".env", ".env.*", ".envrc", ".netrc", "_netrc", ".pypirc", ".npmrc", ".pgpass", ".git-credentials"),
    *(".htpasswd", "kaggle.json", "credentials", "credentials.json", "credentials.csv", "secrets.toml"),
)
_NO_SECRETS = (".env.example", ".env.sample", ".env.template")
#: git would look at another repository where these are set, as they are within its hooks.
_GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


@dataclass(frozen=True)
class SourceFile:
    """A file to be packed.

    :param name: in the archive, parts separated by ``/``
    :param path: where it lies; never a link
    :param size: in bytes
    """

    name: str
    path: Path
    size: int
    executable: bool


@dataclass(frozen=True)
class FolderFiles:
    """What ``folder_files`` found.

    :param files: what travels
    :param secrets: names of what was left out since it looks like a key or a credential
    :param unusable: names of links that lead nowhere or in circles, sockets and the like
    """

    files: list[SourceFile] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)


def folder_files(folder: Path, prefix: str = "") -> FolderFiles:
    """The files below ``folder`` that travel.

    :param prefix: put before their names, ends with ``/`` if not empty
    :raises UsageError: more than 50,000 files, or a folder that cannot be read
    """
    found = FolderFiles()
    _collect(Path(os.path.realpath(folder)), prefix, (), found)
    return found


def is_secret(name: str) -> bool:
    """Whether a file or folder is by its name a key or a credential."""
    name = name.lower()
    return name not in _NO_SECRETS and any(fnmatch.fnmatchcase(name, pattern) for pattern in _SECRETS)


def _collect(root: Path, prefix: str, links: tuple[Path, ...], found: FolderFiles) -> None:
    """Level by level, so that git is asked once for each, and what it ignores is never entered.

    :param links: the folders that hold the links that were followed to get here
    """
    asks_git = not _ignored_by_git(root, ["."])
    level = [root]
    while level:
        entries = [entry for parent in level for entry in _entries(parent)]
        kept = [entry for entry in entries if not _is_left_out(entry, root, prefix, found)]
        names = [os.path.relpath(entry.path, root) for entry in kept]
        ignored = _ignored_by_git(root, names) if asks_git else set()
        level = []
        for entry, name in zip(kept, names):  # noqa: B905 - made from one another
            if name in ignored:
                continue
            if entry.is_dir(follow_symlinks=False):
                level.append(Path(entry.path))
            elif entry.is_symlink() and _is_folder(entry):
                _follow(entry, prefix + Path(name).as_posix(), links, found)
            else:
                _add_file(entry, prefix + Path(name).as_posix(), found)
        if len(found.files) > MOST_FILES:
            raise UsageError(f"{root}: more than {MOST_FILES} files; choose a folder with the script alone")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None


def _is_left_out(entry: os.DirEntry[str], root: Path, prefix: str, found: FolderFiles) -> bool:
    target = os.path.basename(os.path.realpath(entry.path)) if entry.is_symlink() else entry.name
    if entry.name in _CACHES or entry.name.endswith(_CACHE_SUFFIXES):
        return True
    if is_secret(entry.name) or is_secret(target):
        found.secrets.append(prefix + Path(entry.path).relative_to(root).as_posix())
        return True
    return _is_folder(entry) and _is_environment(Path(entry.path))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Also through a link; a link that leads to itself is none, where ``entry.is_dir`` would raise."""
    return os.path.isdir(entry.path)


def _is_environment(folder: Path) -> bool:
    """Whether it is a virtual environment, of venv or of conda."""
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def _follow(link: os.DirEntry[str], name: str, links: tuple[Path, ...], found: FolderFiles) -> None:
    target = Path(os.path.realpath(link.path))
    links = (*links, Path(link.path).parent)
    if any(folder.is_relative_to(target) for folder in links):
        found.unusable.append(name)
    else:
        _collect(target, name + "/", links, found)


def _add_file(entry: os.DirEntry[str], name: str, found: FolderFiles) -> None:
    try:
        status = entry.stat()
    except OSError:
        found.unusable.append(name)
        return
    if not stat.S_ISREG(status.st_mode):
        found.unusable.append(name)
        return
    path = Path(os.path.realpath(entry.path))
    found.files.append(SourceFile(name, path, status.st_size, bool(status.st_mode & stat.S_IXUSR)))


def _ignored_by_git(root: Path, names: Iterable[str]) -> set[str]:
    """Which of ``names`` git ignores; none where there is no git or no repository."""
    environment = {k: v for k, v in os.environ.items() if k not in _GIT_VARIABLES}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "check-ignore", "-z", "--stdin"],
            input=b"\0".join(_encoded(names)),
            capture_output=True,
            check=False,
            env=environment,
        )
    except OSError:
        return set()
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def _encoded(names: Iterable[str]) -> Iterator[bytes]:
    return (os.fsencode(name) for name in names)
