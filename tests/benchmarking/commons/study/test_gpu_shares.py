"""GPUs of experiments that run at once, with a fake ``nvidia-smi``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarking.commons.study.gpu_shares import SHARE, gpu_shares, own_share
from syne_core.errors import UsageError


@pytest.fixture
def four_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nprintf '0\\n1\\n2\\n3\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.usefixtures("four_gpus")
def test_experiments_share_no_gpu() -> None:
    assert gpu_shares(None, 1, n_workers=2, n_parallel=2, oversubscribe=False) == [["0", "1"], ["2", "3"]]
    assert gpu_shares([1, 3], 1, 1, 2, oversubscribe=False) == [["1"], ["3"]]
    assert own_share({SHARE: "2,3"}) == ["2", "3"]
    assert own_share({SHARE: ""}) is own_share({}) is None


@pytest.mark.usefixtures("four_gpus")
def test_too_few_gpus_are_refused_unless_sharing_is_asked_for() -> None:
    with pytest.raises(UsageError, match=r"8 GPUs are needed .* there are 4"):
        gpu_shares(None, 2, n_workers=2, n_parallel=2, oversubscribe=False)
    assert gpu_shares(None, 2, 2, 2, oversubscribe=True) == [["0", "1", "2", "3"]] * 2


def test_without_gpus_nothing_is_assigned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_shares(None, 1, 8, 4, oversubscribe=False) is None


@pytest.mark.usefixtures("four_gpus")
def test_trials_of_parallel_experiments_see_different_gpus(
    launch, make_launcher, script: Path, tmp_path: Path
) -> None:
    # Trials wait for a second one beside them, or one of them might make all reports.
    seen = (
        "open('gpu', 'w').write(os.environ['CUDA_VISIBLE_DEVICES']); import glob, time\n"
        "while len(glob.glob('../*/gpu')) < 2: time.sleep(0.01)\n"
        "report = Reporter()"
    )
    script.write_text(script.read_text().replace("report = Reporter()", seen))
    words = ("--experiment_tag", "g", "--benchmark", "parabola", "--n_parallel", "2", "--n_workers", "2")
    done = launch(make_launcher(), *words)
    assert done.returncode == 0, done.stderr
    gpus = {
        method: {p.read_text() for p in tmp_path.glob(f"syne-tune/g/{method}-0/*/trials/*/gpu")}
        for method in ("RS", "ASHA")
    }
    assert gpus["RS"] | gpus["ASHA"] == {"0", "1", "2", "3"}
    assert not gpus["RS"] & gpus["ASHA"]
    refused = launch(make_launcher(), *words[:4], "--n_workers", "5", "--restart")
    assert refused.returncode == 2
    assert "5 GPUs are needed" in refused.stderr


def test_an_experiment_ends_at_its_cost(launch, make_launcher, script: Path, tmp_path: Path) -> None:
    script.write_text(
        script.read_text().replace("report(epoch", "import time; time.sleep(0.02); report(epoch")
    )
    words = ("--experiment_tag", "c", "--benchmark", "parabola", "--method", "RS", "--max_cost", "0.0001")
    refused = launch(make_launcher(), *words)
    assert refused.returncode == 2
    assert "--max_cost needs --price_per_hour" in refused.stderr
    done = launch(make_launcher(), *words, "--price_per_hour", "3.6", "--max_num_evaluations", "1000")
    assert done.returncode == 0, done.stderr
    (status,) = tmp_path.glob("syne-tune/c/*/*/status.json")
    assert json.loads(status.read_text())["reason"] == "max_cost = 0.0001 reached"
