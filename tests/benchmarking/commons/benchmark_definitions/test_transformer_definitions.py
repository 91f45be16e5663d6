"""The benchmarks that fine-tune transformers: spaces, budgets and first points as documented."""

from __future__ import annotations

import pytest

from benchmarking.commons.benchmark_definitions import BENCHMARKS, RealBenchmarkDefinition
from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import (
    PRETRAINED_MODELS,
    TASK_METRICS,
    finetune_transformer_glue_all_benchmarks,
    finetune_transformer_glue_benchmark,
)
from benchmarking.commons.benchmark_definitions.finetune_transformer_swag import (
    finetune_transformer_swag_benchmark,
)
from syne_core.aws.images import image_uri
from syne_core.config_space import Domain, choice, loguniform, randint, uniform
from syne_core.errors import UnknownNameError

GLUE = [f"finetune_transformer_glue_{task}" for task in TASK_METRICS]
MODSEL = [f"finetune_transformer_glue_modsel_{task}" for task in TASK_METRICS]
MINE = ["distilbert_imdb", *GLUE, *MODSEL, "finetune_transformer_swag"]


def tuned(definition: RealBenchmarkDefinition) -> dict[str, Domain]:
    return {name: entry for name, entry in definition.config_space.items() if isinstance(entry, Domain)}


def test_all_are_registered() -> None:
    assert {name for name in BENCHMARKS if "transformer_" in name or "bert" in name} == {
        *MINE,
        "transformer_wikitext2",
    }
    assert len(MINE) == 20


def test_distilbert_imdb() -> None:
    for sagemaker_backend in (False, True):
        definition = BENCHMARKS["distilbert_imdb"](sagemaker_backend)
        rates = loguniform(1e-6, 1e-4)
        assert tuned(definition) == {"learning_rate": rates, "weight_decay": rates}
        assert (definition.max_resource, definition.max_resource_attr) == (15, "epochs")
        assert (definition.metric, definition.mode, definition.resource_attr) == ("accuracy", "max", "epoch")
        assert (definition.max_wallclock_time, definition.n_workers) == (3 * 3600, 4)
        assert (definition.instance_type, definition.framework) == ("ml.g4dn.xlarge", "HuggingFace")


@pytest.mark.parametrize("task", TASK_METRICS)
def test_glue_with_a_fixed_model_and_one_to_choose(task: str) -> None:
    metric = {"cola": "matthews_correlation", "mrpc": "f1", "qqp": "f1", "stsb": "spearmanr"}
    plain, modsel = (BENCHMARKS[f"finetune_transformer_glue_{prefix}{task}"]() for prefix in ("", "modsel_"))
    space = {
        "learning_rate": loguniform(1e-6, 1e-4),
        "per_device_train_batch_size": randint(16, 48),
        "warmup_ratio": uniform(0, 0.5),
    }
    assert tuned(plain) == space
    assert tuned(modsel) == {**space, "model_name_or_path": choice(list(PRETRAINED_MODELS))}
    first = {"learning_rate": 2e-5, "per_device_train_batch_size": 32, "warmup_ratio": 0.0}
    assert plain.points_to_evaluate == [first]
    assert modsel.points_to_evaluate == [{**first, "model_name_or_path": "bert-base-cased"}]
    constants = {
        "task_name": task,
        "num_train_epochs": 3,
        "train_valid_fraction": 0.7,
        "max_seq_length": 128,
    }
    for definition in (plain, modsel):
        assert constants.items() <= definition.config_space.items()
        assert (definition.max_resource_attr, definition.resource_attr) == ("num_train_epochs", "epoch")
        assert (definition.metric, definition.mode) == (f"eval_{metric.get(task, 'accuracy')}", "max")
        assert (definition.max_wallclock_time, definition.n_workers) == (2700, 4)
    assert plain.config_space["model_name_or_path"] == "bert-base-cased"


def test_finetune_transformer_swag() -> None:
    definition = BENCHMARKS["finetune_transformer_swag"]()
    assert tuned(definition) == {
        "learning_rate": loguniform(1e-6, 1e-4),
        "warmup_ratio": uniform(0, 0.5),
        "weight_decay": uniform(0, 0.1),
        "adam_beta1": uniform(0, 0.9999),
        "adam_beta2": uniform(0, 0.9999),
        "adam_epsilon": loguniform(1e-10, 1e-6),
        "max_grad_norm": uniform(0, 2),
    }
    assert (definition.config_space["per_device_train_batch_size"], definition.max_resource) == (8, 3)
    assert (definition.metric, definition.mode, definition.resource_attr) == ("eval_accuracy", "max", "epoch")
    assert (definition.max_wallclock_time, definition.n_workers) == (5 * 3600, 4)
    longer = finetune_transformer_swag_benchmark(num_train_epochs=5, per_device_train_batch_size=4)
    assert (longer.max_resource, longer.config_space["per_device_train_batch_size"]) == (5, 4)


@pytest.mark.parametrize("name", [GLUE[0], MODSEL[0], "finetune_transformer_swag"])
def test_each_worker_has_a_gpu(name: str) -> None:
    assert BENCHMARKS[name]().instance_type == "ml.g4dn.12xlarge"
    assert BENCHMARKS[name](sagemaker_backend=True).instance_type == "ml.g4dn.xlarge"


@pytest.mark.parametrize("name", MINE)
def test_every_definition_has_an_image_and_takes_overrides(name: str) -> None:
    for sagemaker_backend in (False, True):
        definition = BENCHMARKS[name](sagemaker_backend, n_workers=7)
        assert definition.n_workers == 7
        assert "-gpu-" in image_uri(definition.framework, "eu-west-1", definition.instance_type)


def test_glue_takes_another_model_and_other_lengths() -> None:
    definitions = finetune_transformer_glue_all_benchmarks(
        model_type="roberta-base", num_train_epochs=5, train_valid_fraction=0.9
    )
    assert sorted(definitions) == sorted([*GLUE, *MODSEL])
    assert {d.max_resource for d in definitions.values()} == {5}
    assert definitions[GLUE[0]].config_space["model_name_or_path"] == "roberta-base"
    assert definitions[MODSEL[0]].points_to_evaluate[0]["model_name_or_path"] == "roberta-base"
    with pytest.raises(UnknownNameError, match="Did you mean 'rte'"):
        finetune_transformer_glue_benchmark(dataset="rts")
