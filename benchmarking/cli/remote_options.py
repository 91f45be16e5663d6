"""Flags of verbs that know local and remote studies, and which of the two a tag means."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from benchmarking.commons.remote.records.place import is_aws_configured
from syne_core.errors import AwsSetupError, MissingDependencyError, UnknownNameError

if TYPE_CHECKING:
    from benchmarking.commons.remote.records.place import Place
    from benchmarking.commons.remote.records.remote_study import RemoteStudy

__all__ = ["chosen_place", "chosen_study", "remote_only", "remote_or_local"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _place_options(command: _Command) -> _Command:
    """Where remote studies lie."""
    command = click.option(
        "--region", envvar="SYNEBENCH_REGION", help="AWS region; default: that of the AWS configuration"
    )(command)
    return click.option(
        "--s3_bucket",
        "--s3-bucket",
        envvar="SYNEBENCH_S3_BUCKET",
        help="bucket of remote studies; default: sagemaker-REGION-ACCOUNT",
    )(command)


def remote_only(command: _Command) -> _Command:
    """The flags ``--s3_bucket`` and ``--region``; ``--remote`` may be said, though nothing else is meant."""
    return click.option("--remote", is_flag=True, expose_value=False, hidden=True)(_place_options(command))


def remote_or_local(command: _Command) -> _Command:
    """The flags ``--remote`` and ``--local``, ``--s3_bucket`` and ``--region``."""
    return click.option(
        "--remote/--local",
        default=None,
        help="on SageMaker, or on this machine; default: here, if there is such a study here",
    )(_place_options(command))


def chosen_study(
    tag: str, remote: bool | None, s3_bucket: str | None, region: str | None
) -> RemoteStudy | None:
    """The remote study that is meant; None: the local one.

    Without ``--remote`` or ``--local``, a study of this machine is meant, if there is one; else a remote one,
    if AWS is set up. A bucket or region on the command line means a remote one.

    :raises UnknownNameError: there is neither
    """
    from syne_core.experiments import study_tags

    if remote is None and _is_place_given():
        remote = True
    if remote is False or (remote is None and (tag in study_tags() or not is_aws_configured())):
        return None
    from benchmarking.commons.remote.records.remote_study import find_study, read_study, remote_tags

    if remote:
        return read_study(chosen_place(s3_bucket, region), tag)
    try:
        place = chosen_place(s3_bucket, region)
    except (AwsSetupError, MissingDependencyError) as error:
        print(f"Note: remote studies were not looked for: {error}", file=sys.stderr)
        return None
    study = find_study(place, tag)
    if study is None:
        raise UnknownNameError("experiment tag", tag, {*study_tags(), *remote_tags(place)})
    return study


def _is_place_given() -> bool:
    context = click.get_current_context()
    sources = (context.get_parameter_source(name) for name in ("s3_bucket", "region"))
    return any(source is click.core.ParameterSource.COMMANDLINE for source in sources)


def chosen_place(s3_bucket: str | None, region: str | None) -> Place:
    """Where remote studies lie.

    :raises AwsSetupError: AWS is not set up, or there is no such bucket
    """
    from benchmarking.commons.remote.records.place import Place

    return Place.find(region, s3_bucket)
