"""Launch experiments as SageMaker jobs, their trials inside: what ``launch_remote.py`` calls."""

from __future__ import annotations

from benchmarking.commons.hpo_main_local import local_launcher
from benchmarking.commons.launch_remote_entry import RemoteEntry

__all__ = ["ABOUT", "REQUIREMENTS", "launch_remote", "remote_launcher"]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Launch experiments as SageMaker jobs, one for each, their trials as processes inside.

Returns when all are submitted. The same command again starts what is missing, adopts what runs, skips what
is finished. --dry_run shows what would be launched and what it may cost, without an account. Where
AWS_ENDPOINT_URL names an emulator (synebench emulator), jobs run on this machine and cost nothing.

Example: launch_remote.py --experiment_tag tutorial-local --benchmark resnet_cifar10 --num_seeds 5
"""
#: The file beside the entry point that says what the jobs need besides the training script.
REQUIREMENTS = ("requirements-synetune.txt",)

_ENTRY = RemoteEntry(local_launcher, ABOUT, REQUIREMENTS, with_scripts=True)
launch_remote, remote_launcher = _ENTRY.launch_remote, _ENTRY.remote_launcher
