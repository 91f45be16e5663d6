"""Input channels: S3 objects that a job finds as files in ``/opt/ml/input/data/CHANNEL``.

See ``Channel``, ``S3DataSource`` in the SageMaker API reference. FastFile channels are downloaded like
File channels: the job sees the same files.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.jobs.instances import Instance, OptMl
from syne_core.emulator.jobs.objects import MissingObject, S3Location, S3Objects

__all__ = ["download_channels", "input_data_config"]


@dataclass(frozen=True)
class _Item:
    """An object and the name of its file in the channel."""

    location: S3Location
    name: str


def input_data_config(request: Mapping[str, Any], instance: Instance) -> dict[str, Any]:
    """What ``instance`` finds in ``inputdataconfig.json``."""
    return {
        channel["ChannelName"]: {
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
            "TrainingInputMode": _mode(request, channel),
            "S3DistributionType": _source(channel).get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        for channel in request.get("InputDataConfig", ())
        if _is_for(channel, instance)
    }


def download_channels(
    request: Mapping[str, Any],
    homes: Sequence[tuple[Instance, OptMl]],
    objects: S3Objects,
    is_cancelled: Callable[[], bool],
) -> None:
    """Fill the channels of all instances; each object is downloaded once.

    :param is_cancelled: asked before each object
    :raises JobFailure: a channel has no objects, or is of a kind that the emulator does not run
    """
    for channel in request.get("InputDataConfig", ()):
        _check(request, channel)
        takers = [home for home in homes if _is_for(channel, home[0])]
        items = _items(channel, objects)
        for _, opt_ml in takers:
            opt_ml.channel(channel["ChannelName"]).mkdir(parents=True, exist_ok=True)
        for index, item in enumerate(items):
            if is_cancelled():
                return
            targets = [_target(opt_ml, channel["ChannelName"], item.name) for _, opt_ml in takers]
            if _source(channel).get("S3DataDistributionType") == "ShardedByS3Key" and targets:
                targets = [targets[index % len(targets)]]
            _download(item, targets, objects, channel.get("CompressionType") == "Gzip")


def _download(item: _Item, targets: Sequence[Path], objects: S3Objects, is_compressed: bool) -> None:
    if not targets:
        return
    first, *others = targets
    try:
        objects.download(item.location, first)
    except MissingObject:
        raise JobFailure(f"ClientError: Data download failed:NoSuchKey (404): {item.location}") from None
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        raise JobFailure(
            f"ClientError: Data download failed: {item.location} and another object need the same path"
        ) from None
    if is_compressed:
        _decompress(first, item.location)
    for other in others:
        other.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(first, other)


def _decompress(path: Path, location: S3Location) -> None:
    packed = path.with_name(path.name + ".packed")
    path.rename(packed)
    try:
        with gzip.open(packed) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
    except (OSError, EOFError) as error:
        raise JobFailure(f"ClientError: Data download failed: {location} is no gzip file: {error}") from None
    packed.unlink()


def _target(opt_ml: OptMl, channel: str, name: str) -> Path:
    if ".." in PurePosixPath(name).parts:
        raise JobFailure(
            f"ClientError: Data download failed: {name!r} would lie outside of channel {channel}"
        )
    return opt_ml.channel(channel) / name


def _items(channel: Mapping[str, Any], objects: S3Objects) -> list[_Item]:
    source = _source(channel)
    location = S3Location.parse(source["S3Uri"])
    listing = _manifest if source.get("S3DataType") == "ManifestFile" else _below_prefix
    try:
        items = list(listing(location, objects))
    except MissingObject:
        items = []
    if not items:
        raise JobFailure(
            f'ClientError: Data download failed:No S3 objects found under S3 URL "{location}" given in input'
            f" data source. Please ensure that the bucket exists in the selected region, that objects exist"
            f" under that S3 prefix, and that the role has s3:ListBucket permissions on bucket"
            f' "{location.bucket}".'
        )
    return items


def _below_prefix(prefix: S3Location, objects: S3Objects) -> Iterator[_Item]:
    """All keys that start with the prefix, as S3 does, also ``train-2`` for ``train``."""
    parent = len(prefix.key.rpartition("/")[0]) + 1 if "/" in prefix.key else 0
    for key in objects.keys(prefix):
        inside = key.startswith(prefix.folder.key)
        name = key[len(prefix.folder.key) if inside else parent :]
        if name and not name.endswith("/"):
            yield _Item(S3Location(prefix.bucket, key), name)


def _manifest(location: S3Location, objects: S3Objects) -> Iterator[_Item]:
    """``[{"prefix": "s3://bucket/data/"}, "relative/path", ...]``."""
    try:
        first, *names = json.loads(objects.read(location))
        prefix = first["prefix"]
        start = S3Location.parse(prefix)
    except (ValueError, TypeError, KeyError):
        raise JobFailure(
            f"ClientError: Data download failed: manifest {location} is not a JSON list that starts with"
            ' {"prefix": "s3://..."}'
        ) from None
    for name in names:
        yield _Item(S3Location(start.bucket, start.key + name), name.lstrip("/"))


def _source(channel: Mapping[str, Any]) -> Mapping[str, Any]:
    source: Mapping[str, Any] = channel["DataSource"].get("S3DataSource", {})
    return source


def _mode(request: Mapping[str, Any], channel: Mapping[str, Any]) -> str:
    return str(channel.get("InputMode") or request["AlgorithmSpecification"].get("TrainingInputMode", "File"))


def _is_for(channel: Mapping[str, Any], instance: Instance) -> bool:
    groups = _source(channel).get("InstanceGroupNames")
    return not groups or instance.group in groups


def _check(request: Mapping[str, Any], channel: Mapping[str, Any]) -> None:
    name = channel["ChannelName"]
    if not _source(channel):
        raise JobFailure(
            f"ClientError: channel {name} has no S3DataSource; the emulator knows no other source"
        )
    if _mode(request, channel) == "Pipe":
        raise JobFailure(
            f"ClientError: channel {name} has input mode Pipe; the emulator runs File and FastFile"
        )
    if _source(channel).get("S3DataType") not in (None, "S3Prefix", "ManifestFile"):
        raise JobFailure(
            f"ClientError: channel {name} has S3DataType {_source(channel)['S3DataType']};"
            " the emulator runs S3Prefix and ManifestFile"
        )
    if channel.get("RecordWrapperType", "None") != "None":
        raise JobFailure(
            f"ClientError: channel {name} asks for RecordIO wrapping, which the emulator cannot do"
        )
