"""Other libraries to measure beside: each in a virtual environment of its own, outside the repository.

``python -m perf.peers`` makes them all. They lie below ``$SYNEBENCH_PEERS``, else in the user's cache
folder, and are made again when the requirements named here change.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["PEERS", "Peer", "PeerUnavailableError", "interpreter", "peers_folder"]

PEERS_VARIABLE = "SYNEBENCH_PEERS"
_STAMP = "synebench-peer.json"
_INSTALL_TIMEOUT = 1800.0


@dataclass(frozen=True)
class Peer:
    """A library to measure beside.

    :param requirements: what pip installs
    :param check: Python code that must run before the environment counts as good
    :param python: version of Python that it needs, as ``3.10``; empty: the one that runs this
    """

    name: str
    requirements: tuple[str, ...]
    check: str
    python: str = ""

    @property
    def folder(self) -> Path:
        """Where its virtual environment lies."""
        return peers_folder() / self.name


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "syne-tune-0.16.0",
            # The last two belong to its extras, yet a plain import fails without them.
            ("syne-tune==0.16.0", "huggingface_hub", "fastparquet"),
            "import syne_tune.backend, syne_tune.optimizer.baselines; from syne_tune import Reporter, Tuner",
        ),
        # The last with its own GP and MOBSTER; it needs a NumPy and a Python of its time.
        Peer(
            "syne-tune-0.13.0",
            ("syne-tune[gpsearchers]==0.13.0",),
            "import syne_tune.optimizer.baselines as b; b.MOBSTER, b.BayesianOptimization",
            python="3.10",
        ),
        # The last with a SageMaker back-end; its extra "aws" asks for s3fs too, which takes pip for ever.
        Peer(
            "syne-tune-0.13.0-aws",
            ("syne-tune==0.13.0", "sagemaker==2.257.7", "boto3", "ujson", "PyYAML", "numpy<2"),
            "from syne_tune.backend import SageMakerBackend; from sagemaker.pytorch import PyTorch",
            python="3.10",
        ),
        # Its GP sampler needs torch and SciPy, and is quicker with greenlet; CMA-ES needs cmaes.
        Peer(
            "optuna",
            ("optuna==5.0.0", "cmaes==0.13.1", "torch==2.13.0", "scipy", "greenlet"),
            "import optuna, cmaes, torch, scipy; optuna.samplers.GPSampler(seed=0)",
        ),
        # Not measured: what opens the files that we export.
        Peer(
            "optuna-dashboard",
            (
                *("optuna==5.0.0", "optuna-dashboard==0.21.0", "pyarrow==26.0.1"),
                *("click", "pyyaml", "scipy", "pandas", "matplotlib", "rich", "packaging"),
            ),
            "import optuna, optuna_dashboard, pyarrow",
        ),
        # Not measured: what the field computes statistics with.
        Peer(
            "statistics",
            ("statsmodels==0.15.0", "scikit-posthocs==0.17.1", "rliable==1.2.0", "pandas<3"),
            "import statsmodels.stats.api, scikit_posthocs, rliable.library, rliable.metrics",
        ),
        Peer("botorch", ("botorch==0.18.1", "torch==2.13.0"), "import botorch"),
        # Not measured: clients of the emulator that others wrote. The two cannot share an environment, and
        # version 3's umbrella package would bring torch and a model server.
        Peer("sagemaker-sdk-2", ("sagemaker==2.257.7",), "from sagemaker.pytorch import PyTorch"),
        Peer(
            "sagemaker-sdk-3",
            ("sagemaker-train==1.27.0",),
            "from sagemaker.train.model_trainer import ModelTrainer",
        ),
        # Not measured: all of the above beside what this project and its tests need, so that tests of the
        # adapters run as at a user's who installs all extras.
        Peer(
            "adapters",
            (
                *("optuna==5.0.0", "cmaes==0.13.1", "botorch==0.18.1", "torch==2.13.0"),
                *("syne-tune==0.16.0", "huggingface_hub", "fastparquet"),
                *("click", "pyyaml", "scipy", "pandas", "matplotlib", "rich", "packaging"),
                *("scikit-learn", "pytest", "hypothesis"),
            ),
            "import optuna, cmaes, botorch, syne_tune.optimizer.baselines, click, pytest, hypothesis",
        ),
    )
}


class PeerUnavailableError(Exception):
    """The environment of a peer could not be made; the message says why."""


def peers_folder() -> Path:
    """``$SYNEBENCH_PEERS``, or ``synebench/peers`` in the user's cache folder."""
    chosen = os.environ.get(PEERS_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "synebench" / "peers"


def interpreter(name: str) -> Path:
    """The Python of peer ``name``; its environment is made if there is none yet.

    :raises PeerUnavailableError: if it cannot be made, or does not work
    """
    peer = PEERS[name]
    python = peer.folder / "bin" / "python"
    if not (python.exists() and _stamp_of(peer.folder) == _wanted(peer)):
        _make(peer, python)
    return python


def _make(peer: Peer, python: Path) -> None:
    print(f"making the environment of {peer.name}; this happens once", file=sys.stderr)
    try:
        shutil.rmtree(peer.folder, ignore_errors=True)
        peer.folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PeerUnavailableError(str(error)) from None
    _run([_base_python(peer), "-m", "venv", str(peer.folder)])
    _run([str(python), "-m", "pip", "install", "--quiet", *peer.requirements])
    _run([str(python), "-W", "ignore", "-c", peer.check])
    (peer.folder / _STAMP).write_text(json.dumps(_wanted(peer)))


def _base_python(peer: Peer) -> str:
    """The interpreter to make the environment with: ``$SYNEBENCH_PYTHON310``, on PATH, or of pyenv."""
    if not peer.python or sys.version.startswith(f"{peer.python}."):
        return sys.executable
    variable = f"SYNEBENCH_PYTHON{peer.python.replace('.', '')}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser() / "versions"
    found = (
        os.environ.get(variable),
        *map(str, sorted(pyenv.glob(f"{peer.python}.*/bin/python{peer.python}"), reverse=True)),
        shutil.which(f"python{peer.python}"),
    )
    for candidate in found:
        if candidate and Path(candidate).exists():
            return candidate
    raise PeerUnavailableError(f"{peer.name} needs Python {peer.python}: none found; set ${variable}")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerUnavailableError(str(error)) from None
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-3:]
        raise PeerUnavailableError(f"{' '.join(command[1:5])} ... failed: {' | '.join(last)}")


def _wanted(peer: Peer) -> dict[str, object]:
    # Through JSON, so that it compares equal to what was read back.
    wanted: dict[str, object] = json.loads(json.dumps({**asdict(peer), "python": peer.python or sys.version}))
    return wanted


def _stamp_of(folder: Path) -> object:
    try:
        return json.loads((folder / _STAMP).read_bytes())
    except (OSError, ValueError):
        return None


def main() -> int:
    """Make the environments of all peers; 1 if one could not be made."""
    failed = 0
    for name in PEERS:
        try:
            interpreter(name)
            print(f"{name}: ready")
        except PeerUnavailableError as error:
            print(f"{name}: {error}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
