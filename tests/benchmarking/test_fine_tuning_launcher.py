"""The launcher that compares methods for fine-tuning on GLUE, with flags of its own."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import (
    finetune_transformer_glue_all_benchmarks,
)
from benchmarking.commons.hpo_main_common import Launch, make_scheduler
from benchmarking.commons.hpo_main_local import local_launcher
from benchmarking.nursery.fine_tuning_transformer_glue import hpo_main, launch_remote
from benchmarking.nursery.fine_tuning_transformer_glue.baselines import methods
from syne_core.errors import UsageError

RTE, MODSEL = "finetune_transformer_glue_rte", "finetune_transformer_glue_modsel_rte"


def resolve(*words: str) -> Launch:
    launcher = local_launcher(
        methods,
        finetune_transformer_glue_all_benchmarks,
        extra_args=hpo_main.extra_args,
        map_method_args=hpo_main.map_method_args,
    )
    return launcher.resolve(["--experiment_tag", "glue", "--method", "RS", *words], {})


def first_trials(launch: Launch) -> dict[str, dict[str, Any]]:
    """The configuration of the first trial, by benchmark."""
    trials = {}
    for experiment in launch.experiments:
        suggestion = make_scheduler(methods["RS"], experiment).suggest(0)
        assert suggestion is not None
        trials[experiment.benchmark] = suggestion.config
    return trials


def test_the_first_trial_is_the_usual_configuration() -> None:
    for name, config in first_trials(resolve("--benchmark", f"{RTE},{MODSEL}")).items():
        assert config["model_name_or_path"] == "bert-base-cased", name
        assert (config["learning_rate"], config["per_device_train_batch_size"]) == (2e-5, 32)
        assert (config["warmup_ratio"], config["num_train_epochs"]) == (0.0, 3)


def test_model_and_number_of_epochs_reach_the_trials() -> None:
    words = ("--benchmark", f"{RTE},{MODSEL}", "--model_type", "roberta-base", "--num_train_epochs", "5")
    launch = resolve(*words)
    for config in first_trials(launch).values():
        assert (config["model_name_or_path"], config["num_train_epochs"]) == ("roberta-base", 5)
        assert config["task_name"] == "rte"
    usual = resolve("--benchmark", f"{RTE},{MODSEL}")
    assert {one.id for one in launch.experiments}.isdisjoint(one.id for one in usual.experiments)


def test_with_a_model_to_choose_further_trials_have_others() -> None:
    launch = resolve("--benchmark", MODSEL, "--model_type", "roberta-base")
    scheduler = make_scheduler(methods["RS"], launch.experiments[0])
    models = {scheduler.suggest(trial).config["model_name_or_path"] for trial in range(12)}
    assert len(models) > 3


def test_what_does_not_suit_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Which benchmark\? Give --benchmark; valid: finetune_transformer"):
        resolve()
    with pytest.raises(UsageError, match="model_name_or_path: 'gpt' is not in choice"):
        resolve("--benchmark", MODSEL, "--model_type", "gpt")


def test_the_same_flags_are_those_of_studies_as_jobs() -> None:
    assert launch_remote.extra_args is hpo_main.extra_args
    assert launch_remote.map_method_args is hpo_main.map_method_args
