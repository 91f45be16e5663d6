"""PID 1 of a job's container: makes its surroundings, starts the main process, ends everything with it.

Run as a script by ``containers.py``, standard library only, with few imports since every job waits for
them. Its standard input is a socket to the emulator. Commands are single bytes: ``s`` start the main
process, ``t`` send it SIGTERM; when the socket closes, be it because the emulator was killed, everything
here is killed. It answers with lines: ``up`` when it is set up, and what goes wrong before the main
process runs.

In namespaces of its own (``--isolated``) the folder of the job is bound to ``/opt/ml``, and packages
are installed into a copy-on-write view. PID 1's end is the end of all processes there. Without
namespaces this process is the reaper of orphans, and kills all descendants at the end. With ``--root``
the main process sees that folder as its root, and gets the environment that the file ``--variables`` holds.

Usage: ``init_program.py [--isolated] [--opt-ml DIR] [--hosts FILE] [--hostname NAME]
[--overlay LOWER UPPER WORK] ... [--root DIR --variables FILE] --cwd DIR -- ARGUMENT ...``
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys

__all__ = ["descendants", "main"]

_MS_BIND, _MS_REC, _MS_NOSUID, _MS_NODEV = 4096, 16384, 2, 4
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_OPT_ML = "/opt/ml"
_KILLED = 128 + signal.SIGKILL
_CANNOT_EXECUTE, _CANNOT_SET_UP = 127, 125


class _Wanted:
    """The command line."""

    def __init__(self, words: list[str]) -> None:
        self.isolated = False
        self.opt_ml = self.hosts = self.hostname = self.root = self.variables = ""
        self.environment: dict[str, str] = dict(os.environ)
        self.cwd = "/"
        self.overlays: list[tuple[str, str, str]] = []
        words = words[::-1]
        while (word := words.pop()) != "--":
            if word == "--isolated":
                self.isolated = True
            elif word == "--overlay":
                self.overlays.append((words.pop(), words.pop(), words.pop()))
            else:
                setattr(self, word[2:].replace("-", "_"), words.pop())
        self.argv = words[::-1]


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library; OSError if it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    plain = [os.fsencode(value) if isinstance(value, str) else value for value in arguments]
    if getattr(library, name)(*plain) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def _process_control(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        _call("prctl", option, int(value), 0, 0, 0)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    try:
        _call("mount", source, target, kind, ctypes.c_ulong(flags), data)
    except OSError as error:
        raise OSError(error.errno, f"cannot mount {target}: {os.strerror(error.errno or 0)}") from None


def _quoted(path: str) -> str:
    """A path among the options of an overlay."""
    for special in ("\\", ",", ":"):
        path = path.replace(special, "\\" + special)
    return path


def _bind(source: str, target: str) -> None:
    _mount(source, target, None, _MS_BIND | _MS_REC)


def _bind_opt_ml(folder: str) -> None:
    """Where there is no ``/opt/ml``, a private ``/opt`` takes the place of the real one, with its entries."""
    handle = os.open(folder, os.O_PATH)
    if not os.path.isdir(_OPT_ML):
        old = os.open("/opt", os.O_PATH)
        _mount("tmpfs", "/opt", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755")
        for name in os.listdir(f"/proc/self/fd/{old}"):
            source, target = f"/proc/self/fd/{old}/{name}", f"/opt/{name}"
            if os.path.islink(source):
                os.symlink(os.readlink(source), target)
            elif os.path.isdir(source):
                os.mkdir(target)
                _bind(source, target)
            else:
                os.close(os.open(target, os.O_CREAT, 0o644))
                _bind(source, target)
        os.mkdir(_OPT_ML)
        os.close(old)
    _bind(f"/proc/self/fd/{handle}", _OPT_ML)
    os.close(handle)


def _prepare_root(wanted: _Wanted) -> None:
    """Give the image what containers have, and make it the root."""
    root = wanted.root
    for name in ("proc", "dev", "sys"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        _bind(f"/{name}", f"{root}/{name}")
    os.makedirs(f"{root}/tmp", exist_ok=True)
    os.chmod(f"{root}/tmp", 0o1777)
    for source, name in ((wanted.hosts, "hosts"), ("/etc/resolv.conf", "resolv.conf")):
        if not os.path.isfile(source):
            continue
        target = f"{root}/etc/{name}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.islink(target):
            os.unlink(target)
        os.close(os.open(target, os.O_CREAT, 0o644))
        _bind(source, target)
    os.makedirs(root + _OPT_ML, exist_ok=True)
    _bind(wanted.opt_ml, root + _OPT_ML)
    os.chroot(root)


def _read_variables(path: str) -> dict[str, str]:
    with open(path, "rb") as file:
        entries = os.fsdecode(file.read()).split("\0")
    return dict(entry.split("=", 1) for entry in entries if entry)


def _set_up(wanted: _Wanted) -> None:
    if wanted.variables:
        wanted.environment = _read_variables(wanted.variables)
    if not wanted.isolated:
        _process_control(_PR_SET_CHILD_SUBREAPER, 1)
        return
    for lower, upper, work in wanted.overlays:
        places = (_quoted(path) for path in (lower, upper, work))
        options = "lowerdir={},upperdir={},workdir={},userxattr".format(*places)
        _mount("overlay", lower, "overlay", 0, options)
    if wanted.hosts and not wanted.root:
        _bind(wanted.hosts, "/etc/hosts")
    if wanted.hostname:
        name = wanted.hostname.encode()
        _call("sethostname", name, ctypes.c_size_t(len(name)))
    if wanted.root:
        _prepare_root(wanted)
    elif wanted.opt_ml:
        _bind_opt_ml(wanted.opt_ml)


def _program(wanted: _Wanted) -> str:
    """Where the program lies. ``os.execvpe`` would import modules, which an image does not have."""
    name = wanted.argv[0]
    if "/" in name:
        return name
    for folder in wanted.environment.get("PATH", os.defpath).split(os.pathsep):
        path = f"{folder or '.'}/{name}"
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    raise FileNotFoundError(2, os.strerror(2))


def _start(wanted: _Wanted, control: int) -> int:
    """The main process: a session of its own, ended with this process whatever happens."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        _process_control(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(wanted.cwd)
        os.execve(_program(wanted), wanted.argv, wanted.environment)
    except OSError as error:
        os.write(control, f"cannot run {wanted.argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(_CANNOT_EXECUTE)


def _reap(main: int) -> int | None:
    """Wait for what has ended; the exit code of the main process if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == main:
            ended = os.waitstatus_to_exitcode(status)
            code = ended if ended >= 0 else 128 - ended


def _supervise(control: int, wanted: _Wanted) -> int:
    """Until the main process has ended or the emulator's end of the socket is closed; the exit code."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    main = 0
    while True:
        readable, _, _ = select.select([control, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            code = _reap(main)
            if code is not None:
                return code
        if control in readable:
            try:
                commands = os.read(control, 4096)
            except ConnectionError:
                commands = b""
            if not commands:
                return _KILLED
            for command in commands.decode():
                if command == "s":
                    main = _start(wanted, control)
                elif command == "t" and main:
                    os.kill(main, signal.SIGTERM)


def descendants(pid: int) -> list[int]:
    """All processes below ``pid``, zombies too."""
    found: list[int] = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            found = [int(word) for word in file.read().split()]
    except OSError:
        return []
    return found + [below for child in found for below in descendants(child)]


def _kill_descendants() -> None:
    while below := descendants(os.getpid()):
        for pid in below:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def main() -> int:
    """Exit code: that of the main process; 128 + N if signal N ended it."""
    wanted = _Wanted(sys.argv[1:])
    control = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    try:
        _set_up(wanted)
    except OSError as error:
        os.write(control, f"{error.strerror}\n".encode())
        return _CANNOT_SET_UP
    os.write(control, b"up\n")
    code = _supervise(control, wanted)
    if not wanted.isolated:
        _kill_descendants()
    return code


if __name__ == "__main__":
    os._exit(main())
