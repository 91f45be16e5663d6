"""A process that has imported heavy modules once and forks trials from itself: warm start.

The process server starts it as a script, with the number of a socket's file descriptor, the folder of
the training script, and the names of the modules; modules in that folder are found as the script finds
them, and the script itself may be one. It answers ``{"ready": true}``, or ``{"ready": false, "reason":
...}`` where forking is not safe: threads that a fork would not copy, or a CUDA context that it would
break. Each request ``{"argv": [...], "env": {...}, "cwd": D, "stdout": F, "stderr": F}`` is answered by
``{"pid": P}``.

A trial sees what it would see if it were started cold: arguments, environment, folder, signals,
output, exit code. Only variables that a preloaded module reads while it is imported, such as
``OMP_NUM_THREADS``, are those of the tuner.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from types import CodeType, ModuleType
from typing import Any

__all__ = ["main"]

# How often it is looked whether a native thread has ended, and seconds between the looks.
_NUM_LOOKS, _PAUSE = 100, 0.02


def main(descriptor: int, folder: str, modules: list[str]) -> None:
    """Import ``modules``, then fork a trial for each request until the connection closes."""
    connection = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[0] = folder
    reason = _import(modules) or _why_unsafe()
    _tell(connection, {"ready": reason is None, "reason": reason})
    if reason is None:
        for line in connection.makefile("rb"):
            request = json.loads(line)
            pid = _fork(request, connection)
            if pid is None:  # the trial itself
                return
            _tell(connection, {"pid": pid})


def _import(modules: list[str]) -> str | None:
    """Why a module could not be imported; None if all could."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            return f"cannot import {name}: {error!r}"
    return None


def _why_unsafe() -> str | None:
    if threading.active_count() > 1:
        names = ", ".join(t.name for t in threading.enumerate() if t is not threading.main_thread())
        return f"the modules started threads ({names})"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "CUDA is initialised already"
    # Thread pools that are made for forking (OpenBLAS) end themselves before a fork; see what remains.
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    remaining = _num_native_threads()
    return f"the modules started {remaining} native threads" if remaining else None


def _num_native_threads() -> int:
    """Those that last: the kernel lists one that was joined for a moment more."""
    for _ in range(_NUM_LOOKS):
        if len(os.listdir("/proc/self/task")) == 1:
            return 0
        time.sleep(_PAUSE)
    return len(os.listdir("/proc/self/task")) - 1


def _fork(request: dict[str, Any], connection: socket.socket) -> int | None:
    """Id of a new process that runs the request; None in that process.

    Forks twice: the process in between ends at once, and the trial becomes the server's child.
    """
    reader, writer = os.pipe()
    between = os.fork()
    if between == 0:
        if os.fork():
            os._exit(0)
        os.setsid()
        connection.close()
        os.write(writer, b"%d\n" % os.getpid())
        _become(request)
        return None
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        pid = int(pipe.readline())
    os.waitpid(between, 0)
    return pid


def _become(request: dict[str, Any]) -> None:
    """Turn this process into the trial and run its script to the end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for target, path, how in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], flags),
        (2, request["stderr"], flags),
    ):
        descriptor = os.open(path, how, 0o644)
        os.dup2(descriptor, target)
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    _reseed()
    sys.exit(_run_script(request["argv"]))


def _reseed() -> None:
    """A forked NumPy would draw the same "random" numbers in every trial; ``random`` reseeds itself."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(None)


def _run_script(argv: list[str]) -> int | str | None:
    """Run the script as ``__main__``; what to exit with."""
    script = argv[0]
    sys.argv = argv
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    module = sys.modules["__main__"] = ModuleType("__main__")  # ours goes on serving this function
    module.__dict__.update(__file__=script, __builtins__=__builtins__)
    try:
        exec(_compiled(script), module.__dict__)
    except SystemExit as done:
        code: int | str | None = done.code
        return code
    except BaseException as error:
        _print_traceback(error)
        return 1
    return 0


def _compiled(script: str) -> CodeType:
    with open(script, "rb") as file:
        return compile(file.read(), script, "exec")


def _print_traceback(error: BaseException) -> None:
    """As the interpreter does, without the frames of this module."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    traceback.print_exception(type(error), error, trace)


def _tell(connection: socket.socket, answer: dict[str, Any]) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
