"""Every benchmark that comes with the package: space, budgets, and that SageMaker could run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarking.commons.benchmark_definitions import BENCHMARKS, real_benchmark_definitions
from benchmarking.commons.hpo_main_sagemaker import sagemaker_launcher
from benchmarking.commons.settings import read_settings
from benchmarking.commons.trial_jobs import trial_job
from syne_core.aws.prices import table_price
from syne_core.config_space import Domain, lograndint, loguniform, randint, uniform
from syne_core.errors import UsageError

SETTINGS = read_settings(sagemaker_launcher({}, {}).flags(), ["--experiment_tag", "t"], {}).values
TWELVE, ONE, CPU = "ml.g4dn.12xlarge", "ml.g4dn.xlarge", "ml.c5.4xlarge"

#: Space; constants; metric, mode, epochs; hours; workers and instance, local and on SageMaker.
TABLE = {
    "resnet_cifar10": (
        {
            "batch_size": randint(8, 256),
            "momentum": uniform(0, 0.99),
            "weight_decay": loguniform(1e-5, 1e-3),
            "lr": loguniform(1e-3, 0.1),
        },
        {"dataset_path": "./", "num_gpus": 1},
        ("objective", "max", 27),
        3,
        ((4, TWELVE), (4, ONE)),
    ),
    "transformer_wikitext2": (
        {
            "lr": loguniform(1e-6, 1e-3),
            "dropout": uniform(0, 0.99),
            "batch_size": randint(16, 48),
            "momentum": uniform(0, 0.99),
            "clip": uniform(0, 1),
        },
        {
            "d_model": 256,
            "ffn_ratio": 1,
            "nlayers": 2,
            "nhead": 2,
            "bptt": 35,
            "optimizer_name": "sgd",
            "input_data_dir": "./",
            "use_cuda": 1,
            "seed": 1111,
            "precision": "float",
            "log_interval": 200,
        },
        ("val_loss", "min", 40),
        5,
        ((4, TWELVE), (4, ONE)),
    ),
    "lstm_wikitext2": (
        {
            "lr": loguniform(1, 50),
            "dropout": uniform(0, 0.99),
            "batch_size": randint(8, 256),
            "clip": uniform(0.1, 2),
            "lr_factor": loguniform(1, 100),
        },
        {"dataset_path": "./", "report_current_best": False},
        ("objective", "max", 81),
        7,
        ((4, TWELVE), (8, ONE)),
    ),
    "mlp_fashionmnist": (
        {
            "n_units_1": lograndint(4, 1024),
            "n_units_2": lograndint(4, 1024),
            "batch_size": randint(8, 128),
            "dropout_1": uniform(0, 0.99),
            "dropout_2": uniform(0, 0.99),
            "learning_rate": loguniform(1e-6, 1),
            "weight_decay": loguniform(1e-8, 1),
        },
        {"dataset_path": "./", "report_current_best": False},
        ("accuracy", "max", 81),
        3,
        ((4, CPU), (4, CPU)),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_definition_is_that_of_the_sources(name: str) -> None:
    space, constants, (metric, mode, epochs), hours, backends = TABLE[name]
    for sagemaker_backend, (n_workers, instance_type) in zip((False, True), backends, strict=True):
        made = BENCHMARKS[name](sagemaker_backend=sagemaker_backend)
        assert made.config_space == {**space, **constants, "epochs": epochs}
        assert (made.metric, made.mode, made.max_resource) == (metric, mode, epochs)
        assert (made.resource_attr, made.max_resource_attr) == ("epoch", "epochs")
        assert made.max_wallclock_time == hours * 3600
        assert (made.n_workers, made.instance_type) == (n_workers, instance_type)


@pytest.mark.parametrize("sagemaker_backend", [False, True])
@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_sagemaker_has_an_image_and_an_instance_of_known_price(name: str, sagemaker_backend: bool) -> None:
    made = BENCHMARKS[name](sagemaker_backend=sagemaker_backend)
    job = trial_job(made, SETTINGS, made.max_wallclock_time)
    image = job.image("us-west-2")
    assert image.startswith("763104351884.dkr.ecr.us-west-2.amazonaws.com/")
    assert ("-gpu-" in image) == made.instance_type.startswith("ml.g")
    price = table_price(made.instance_type)
    assert price is not None
    assert price.usd_per_hour > 0


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_fields_can_be_overridden(name: str) -> None:
    made = BENCHMARKS[name](sagemaker_backend=True, n_workers=3, instance_type="ml.g5.xlarge")
    assert (made.n_workers, made.instance_type) == (3, "ml.g5.xlarge")
    other = BENCHMARKS[name](estimator_kwargs={"framework_version": "2.0"}, framework="PyTorch")
    assert ":2.0.1-" in trial_job(other, SETTINGS, 60).image("us-west-2")
    old = BENCHMARKS[name](estimator_kwargs={"framework_version": "1.7"}, framework="PyTorch")
    with pytest.raises(UsageError, match=r"Python 3\.6, .* nearest that works: framework_version 1\.9\.0"):
        trial_job(old, SETTINGS, 60)


def test_what_is_passed_to_a_script_is_what_it_takes() -> None:
    """Each name of a space is a flag of the script: a misspelt one would end all trials."""
    for name, made in real_benchmark_definitions().items():
        folder = made.script.parent
        text = "".join(path.read_text() for path in folder.glob("*.py"))
        missing = [key for key in made.config_space if f'"--{key}"' not in text]
        assert not missing, f"{name}: {missing}"


def test_scripts_lie_alone_with_their_requirements() -> None:
    folders = {}
    for name, made in real_benchmark_definitions().items():
        folders[made.script.parent] = name
        lines = (made.script.parent / "requirements.txt").read_text().splitlines()
        needed = [Requirement(line) for line in lines if line and not line.startswith("#")]
        assert 1 <= len(needed) <= 8, name
    assert len({folder.name for folder in folders}) == len(folders)


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_default_configuration_lies_in_the_space(name: str) -> None:
    made = BENCHMARKS[name]()
    tuned = {key: domain for key, domain in made.config_space.items() if isinstance(domain, Domain)}
    assert 1 <= len(tuned) <= 10
    for point in made.points_to_evaluate or ():
        assert set(point) <= set(tuned)


def test_importing_all_definitions_loads_no_framework(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from benchmarking.commons.benchmark_definitions import real_benchmark_definitions as all_of_them\n"
        "assert len(all_of_them()) > 5\n"
        "heavy = {'torch', 'transformers', 'datasets', 'sklearn', 'pandas', 'boto3', 'matplotlib', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    repository = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, timeout=400
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_trials_of_torch_find_imported_what_its_optimisers_import_late() -> None:
    late = {name for name, made in real_benchmark_definitions().items() if "torch._dynamo" in made.preload}
    assert late == {*BENCHMARKS} - {"mlp_digits"}
