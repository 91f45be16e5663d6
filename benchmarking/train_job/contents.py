"""What travels to a job that trains a model, and what its runner is to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarking.train_job.training_order import TrainingOrder
from syne_core.aws.runner.job_document import MODEL
from syne_core.backend.local.trial_command import trial_arguments
from syne_core.errors import UsageError
from syne_core.paths import resolve_data_paths

if TYPE_CHECKING:
    from syne_core.aws.bundles import Bundle

__all__ = ["job_document", "training_bundle"]

#: In the bundle.
NOTEBOOK_PROGRAM = "synebench_notebook.py"
#: What runs notebooks.
NOTEBOOK_REQUIREMENTS = ("nbclient", "ipykernel")
#: Of 120 s that SageMaker gives a job to end.
_GRACE_S = 100.0
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")


def training_bundle(order: TrainingOrder) -> Bundle:
    """The script's folder and its requirements; for a notebook also the program that runs it.

    :raises UsageError: there are too many bytes, a name is taken, or the script is left out
    """
    from syne_core.aws.bundles import make_bundle, with_file

    if order.is_notebook:
        _check_notebook(order.script)
    requirements = _notebook_requirements(order) if order.is_notebook else order.requirements
    bundle = make_bundle(order.folder, requirements=requirements)
    if all(file.name != order.script.name for file in bundle.files):
        raise UsageError(
            f"{order.script} would not travel to the job: git ignores it, or it looks like a secret"
        )
    if not order.is_notebook:
        return bundle
    program = Path(__file__).with_name("notebook_program.py")
    return with_file(bundle, NOTEBOOK_PROGRAM, program.read_bytes())


def job_document(order: TrainingOrder, environment: dict[str, str], here: bool = False) -> dict[str, Any]:
    """What the runner is to do; see ``syne_core.aws.runner.job_document``. The provenance is for ``fetch``.

    :param environment: variables of the script
    :param here: it runs on this machine, where data lie in the shared cache
    """
    return {
        "version": 1,
        "entry_point": NOTEBOOK_PROGRAM if order.is_notebook else order.script.name,
        "arguments": _arguments(order, here),
        "config": dict(order.parameters),
        "pass_args_as_json": False,
        "environment": environment,
        "reports": None,
        "grace_s": _GRACE_S,
        "price_per_hour": None,
        "tag": order.tag,
        "provenance": dict(order.provenance),
    }


def _arguments(order: TrainingOrder, here: bool) -> list[str]:
    if order.is_notebook:
        return [order.script.name, json.dumps(dict(order.parameters))]
    if not order.is_trial:
        return list(order.arguments)
    values = resolve_data_paths(order.parameters) if here else order.parameters
    # What a trial would resume from is what it has learnt: so that is the model.
    return [*trial_arguments(values), "--st_checkpoint_dir", MODEL]


def _check_notebook(path: Path) -> None:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a notebook: {error}") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise UsageError(f"{path} is no notebook of format 4: it has no list of cells")


def _notebook_requirements(order: TrainingOrder) -> str:
    text, beside = order.requirements, order.folder / "requirements.txt"
    if text is None:
        text = beside.read_text(encoding="utf-8-sig") if beside.is_file() else ""
    found = (_REQUIREMENT.match(line) for line in text.splitlines())
    named = {match[1].lower().replace("_", "-") for match in found if match}
    missing = [name for name in NOTEBOOK_REQUIREMENTS if name not in named]
    return "\n".join([*text.splitlines(), *missing]) + "\n"
