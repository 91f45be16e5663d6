"""The adapters with the libraries that they adapt, in an environment that has all of them.

Here the other tests of adapters are skipped, as far as a library is missing; there they run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest

from benchmarking.commons.default_baselines import METHODS
from perf.peers import PeerUnavailableError, interpreter

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[4]
_TIMEOUT = 3600
_CONTRACT = "tests/benchmarking/commons/test_all_methods.py"
_OWN = "tests/syne_core/optimizer/adapters"


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with all optional libraries."""
    if importlib.util.find_spec("optuna") is not None:
        pytest.skip("this environment has optional libraries itself")
    try:
        return interpreter("adapters")
    except PeerUnavailableError as error:
        pytest.skip(f"the libraries are not to be had: {error}")


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # More threads than the one would only get into each other's way.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT
    )


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([_OWN], id="their own tests"),
        pytest.param([_CONTRACT, "-k", "[TPE or [CMA-ES or [Optuna-GP"], id="Optuna"),
        pytest.param([_CONTRACT, "-k", "[BoTorch"], id="BoTorch"),
        pytest.param([_CONTRACT, "-k", "[SyneTune and not SyneTune-ASHA"], id="Syne Tune"),
        pytest.param([_CONTRACT, "-k", "[SyneTune-ASHA"], id="Syne Tune's ASHA"),
    ],
)
def test_tests_of_adapters_pass_where_the_libraries_are(python: Path, words: list[str]) -> None:
    pytest_words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(REPOSITORY)]
    done = run([str(python), *pytest_words, *words], REPOSITORY)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def test_every_method_of_another_library_runs_as_users_run_it(python: Path, tmp_path: Path) -> None:
    names = list(METHODS.extras)
    words = ["--experiment_tag", "libraries", "--benchmark", "mlp_digits", "--method", ",".join(names)]
    limits = ["--num_seeds", "1", "--n_workers", "2", "--max_num_evaluations", "8"]
    synebench = [str(python), "-m", "benchmarking.cli.main"]
    done = run([*synebench, "run", *words, *limits], tmp_path)
    assert done.returncode == 0, done.stderr
    listed = run([*synebench, "status", "libraries", "--json"], tmp_path)
    assert listed.stdout.count('"finished"') >= len(names), listed.stdout
    found = {
        json.loads(path.read_bytes())["algorithm"]: json.loads(path.read_bytes())
        for path in (tmp_path / "syne-tune").rglob("metadata.json")
    }
    assert set(found) == set(names)
    assert "random search" in str(found["SyneTune-BoTorch"]["method_notes"])
