"""Main process of a container in script mode: installs requirements, runs the script, says why it failed.

Run as a script, standard library only. Like the toolkit of SageMaker's images it is what SIGTERM
reaches: the script itself gets none.

Usage: ``script_mode_program.py [--install] FOLDER FAILURE_FILE COMMAND ARGUMENT ...``
"""

from __future__ import annotations

import collections
import os
import shlex
import subprocess
import sys

__all__ = ["main"]

_LINES_KEPT = 30
_MOST_OF_A_MESSAGE = 800


def _run_script(command: list[str], folder: str) -> tuple[int, list[str]]:
    """Its exit code, and the last lines that it wrote to standard error, which also go to the log."""
    environment = dict(os.environ)
    before = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([folder, *([before] if before else [])])
    last: collections.deque[bytes] = collections.deque(maxlen=_LINES_KEPT)
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            os.write(2, line)
            last.append(line)
    code = process.returncode
    return (code if code >= 0 else 128 - code), [line.decode(errors="replace") for line in last]


def _fail(path: str, error: str, code: int, message: str, command: list[str]) -> int:
    text = f'{error}:\nExitCode {code}\nErrorMessage "{message.strip()[-_MOST_OF_A_MESSAGE:]}"\n'
    text += f'Command "{shlex.join(command)}"'
    print(text, file=sys.stderr, flush=True)
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return code


def main() -> int:
    """Exit code: the script's; 128 + N if signal N ended it."""
    words = sys.argv[1:]
    installs = words[0] == "--install"
    folder, failure, *command = words[1:] if installs else words
    if installs and os.path.exists(os.path.join(folder, "requirements.txt")):
        install = ["python3", "-m", "pip", "install", "-r", "requirements.txt"]
        print("Installing dependencies with", shlex.join(install), flush=True)
        code, errors = _run_script(install, folder)
        if code != 0:
            return _fail(failure, "InstallRequirementsError", code, "".join(errors), install)
    print("Invoking script with the following command:", shlex.join(command), flush=True)
    code, errors = _run_script(command, folder)
    if code != 0:
        return _fail(failure, "ExecuteUserScriptError", code, _last_error(errors), command)
    return 0


def _last_error(lines: list[str]) -> str:
    """The error at the end of a traceback, else the last lines."""
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback ")]
    return "".join(lines[starts[-1] :] if starts else lines[-3:])


if __name__ == "__main__":
    sys.exit(main())
