"""Copy a study's files from S3 into the local layout: only what is new, several at a time."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarking.commons.remote.pulling.pull_record import PullRecord, is_same_content
from benchmarking.commons.remote.pulling.pulled_files import EVERYTHING, RESULTS, PulledFiles
from benchmarking.commons.remote.pulling.pulled_logs import TrialLog, changed_logs, log_body
from benchmarking.commons.remote.records.object_listing import StoredObject, stored_objects
from benchmarking.commons.remote.records.remote_study import RemoteStudy

__all__ = ["Pulled", "pull_study"]

_AT_ONCE = 16
_BLOCK = 1 << 20
_ATTEMPTS, _FIRST_PAUSE = 4, 0.2


@dataclass
class Pulled:
    """What a pull did.

    :param files: that were copied, of ``size`` bytes together
    :param up_to_date: files that were here already
    :param kept: files here that differ, and that no pull brought: left alone
    """

    folder: Path
    files: int = 0
    size: int = 0
    up_to_date: int = 0
    kept: tuple[Path, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class _Copy:
    source: StoredObject | TrialLog
    target: Path


def pull_study(
    study: RemoteStudy,
    what: str = RESULTS,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Pulled:
    """Bring what is new of ``study`` into its local folder. Each file is replaced at once or not at all.

    A pull that was interrupted goes on where it was. Files that were written here and differ are kept.

    :param what: ``RESULTS`` or ``EVERYTHING``, see ``pulled_files``
    :param overwrite: replace files that were written here too
    :param progress: called with the number of files done and to be done
    :raises SyneError: S3 does not answer, or refuses
    """
    from syne_core.aws.client_errors import clear_errors

    began = time.monotonic()
    files = PulledFiles(study, what)
    pulled = Pulled(files.folder)
    with PullRecord(files.folder, study.uri) as record, clear_errors(f"pull {study.uri}"):
        copies = _to_copy(study, files, record, overwrite, pulled)
        if what == EVERYTHING:
            logs, up_to_date = changed_logs(study, record)
            copies += [_Copy(log, log.target) for log in logs]
            pulled.up_to_date += up_to_date
        progress(0, len(copies))
        _copy_all(study, copies, record, pulled, progress)
    pulled.seconds = time.monotonic() - began
    return pulled


def _to_copy(
    study: RemoteStudy, files: PulledFiles, record: PullRecord, overwrite: bool, pulled: Pulled
) -> list[_Copy]:
    place, copies, kept = study.place, [], []
    for one in stored_objects(place.s3, place.bucket, study.keys.root, files.skipped_folder):
        target = files.target(one.key)
        if target is None:
            continue
        etag = record.etag_of(target)
        if etag == one.etag:
            pulled.up_to_date += 1
        elif etag is None and is_same_content(target, one.size, one.etag):
            record.add(target, one.etag)
            pulled.up_to_date += 1
        elif etag is None and target.exists() and not overwrite:
            kept.append(target)
        else:
            copies.append(_Copy(one, target))
    pulled.kept = tuple(kept)
    return copies


def _copy_all(
    study: RemoteStudy,
    copies: list[_Copy],
    record: PullRecord,
    pulled: Pulled,
    progress: Callable[[int, int], None],
) -> None:
    todo = iter(copies)
    done = 0
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pull") as pool:
        # Few are handed over at a time: an interrupt, or a refusal, then ends it soon.
        running: set[Future[int | None]] = set()
        while True:
            for copy in todo:
                running.add(pool.submit(_copy, study, copy, record))
                if len(running) >= 2 * _AT_ONCE:
                    break
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                size = future.result()
                done += 1
                if size is not None:
                    pulled.files, pulled.size = pulled.files + 1, pulled.size + size
            progress(done, len(copies))


def _copy(study: RemoteStudy, copy: _Copy, record: PullRecord) -> int | None:
    """Bytes that came; None if the object is gone."""
    from syne_core.aws.client_errors import error_code
    from syne_core.aws.job_states import is_transient

    for attempt in range(_ATTEMPTS):
        try:
            source, version = _opened(study, copy)
            with contextlib.closing(source) as body:
                size = _write(copy.target, body, record.unfinished)
            record.add(copy.target, version)
            return size
        except Exception as error:
            code = error_code(error)
            if code == "NoSuchKey":
                return None
            passes = is_transient(error) or code in ("IncompleteReadError", "ResponseStreamingError")
            if not passes or attempt + 1 == _ATTEMPTS:
                raise
        time.sleep(_FIRST_PAUSE * 2**attempt)
    return None


def _opened(study: RemoteStudy, copy: _Copy) -> tuple[Any, str]:
    """What is to be copied, and which version of it that is."""
    if isinstance(copy.source, TrialLog):
        return log_body(study, copy.source), copy.source.version
    place = study.place
    answer = place.s3.get_object(Bucket=place.bucket, Key=copy.source.key)
    return answer["Body"], answer["ETag"].strip('"')


def _write(path: Path, body: Any, unfinished: Path) -> int:
    """Replace ``path``; the body checks its own length. Whoever cannot trust the disk pulls again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=unfinished)
    size = 0
    try:
        with os.fdopen(descriptor, "wb") as file:
            while block := body.read(_BLOCK):
                file.write(block)
                size += len(block)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)  # another attempt may follow
        raise
    return size
