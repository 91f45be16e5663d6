"""What a job leaves behind: model and output data, packed or as they are, below ``OutputDataConfig``.

See "How Amazon SageMaker AI Processes Training Output" and ``OutputDataConfig`` in the SageMaker guide.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.jobs.objects import MissingObject, S3Location, S3Objects

__all__ = ["Artifacts"]


class Artifacts:
    """The place on S3 where the results of one job go.

    :param request: of CreateTrainingJob
    :param scratch: folder for archives while they are uploaded
    """

    def __init__(self, request: Mapping[str, Any], objects: S3Objects, scratch: Path) -> None:
        output = request["OutputDataConfig"]
        self._objects, self._scratch = objects, scratch
        self._is_packed = output.get("CompressionType", "GZIP") != "NONE"
        self._place = S3Location.parse(output["S3OutputPath"]).below(f"{request['TrainingJobName']}/output/")

    @property
    def model_uri(self) -> str:
        """``S3ModelArtifacts``, whether or not there are any."""
        return str(self._place.below("model.tar.gz" if self._is_packed else "model/"))

    def upload_model(self, folders: Sequence[Path]) -> bool:
        """The model folders of all instances as one; whether there was anything.

        :raises JobFailure: there is no such bucket
        """
        return self._upload("model", folders)

    def upload_output(self, folders: Sequence[Path]) -> bool:
        """The output data of all instances as one; whether there was anything.

        :raises JobFailure: there is no such bucket
        """
        return self._upload("output", folders)

    def _upload(self, name: str, folders: Sequence[Path]) -> bool:
        files: dict[str, Path] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                files.setdefault(path.relative_to(folder).as_posix(), path)
        if not files:
            return False
        try:
            if self._is_packed:
                self._upload_packed(f"{name}.tar.gz", files)
            else:
                self._upload_files("model/" if name == "model" else "data/", files)
        except MissingObject as error:
            raise JobFailure(f"ClientError: Artifact upload failed: {error}") from None
        return True

    def _upload_files(self, folder: str, files: Mapping[str, Path]) -> None:
        for relative, path in files.items():
            if path.is_file():
                self._objects.upload(path, self._place.below(folder + relative))

    def _upload_packed(self, name: str, files: Mapping[str, Path]) -> None:
        archive = self._scratch / name
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for relative, path in files.items():
                tar.add(path, relative, recursive=False)
        self._objects.upload(archive, self._place.below(name))
        archive.unlink()
