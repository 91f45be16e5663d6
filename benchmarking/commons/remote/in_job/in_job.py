"""Inside of a SageMaker job that runs experiments: it tells S3 how they get on, and leaves results there.

``/opt/ml/checkpoints`` is the folder of the job's experiment, which SageMaker copies to S3 as it changes. A
second attempt, or the same job after a spot interruption, finds it there and goes on. Jobs that run several
experiments, which are simulated ones, copy the folder of each when it has ended.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.jobs.experiment_document import EXPERIMENTS_VARIABLE, read_document
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from syne_core.errors import INTERRUPTED, SOME_FAILED, AwsSetupError
from syne_core.experiment_status import ExperimentState
from syne_core.paths import FOLDER_VARIABLE, TRIALS_VARIABLE, ExperimentKeys, ExperimentPaths, experiment_name
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from benchmarking.commons.remote.in_job.job_progress import JobProgress
    from benchmarking.commons.remote.in_job.trial_uploads import TrialUploads
    from benchmarking.commons.study.run import Outcome, RunExperiment
    from syne_core.aws.s3_objects import S3Objects

__all__ = ["ExperimentsJob", "job_here", "job_metadata"]

logger = logging.getLogger(__name__)

_TAIL_LINES, _LONGEST_LINE = 20, 500
_ORIGIN = "synebench-origin.json"


@dataclass(frozen=True)
class ExperimentsJob:
    """This process is the main one of a job that runs experiments.

    :param where: the document that says which; on S3, or a path: then nothing is written to S3
    """

    where: str
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """Name of the job."""
        return self.environment.get("TRAINING_JOB_NAME", "")

    @property
    def attempt(self) -> int:
        """Number of the job among those of its experiments, from 0."""
        return int(read_document(self.where).get("attempt") or 0)

    @property
    def bucket(self) -> str | None:
        """Where the study lies; None without S3."""
        if not self.where.startswith("s3://"):
            return None
        return self.where.removeprefix("s3://").partition("/")[0]

    @property
    def trials_folder(self) -> Path | None:
        """Where trials that are processes have their folders."""
        folder = self.environment.get(TRIALS_VARIABLE)
        return Path(folder) if folder else None

    # -- running -------------------------------------------------------------------------------

    def run(
        self, experiments: Sequence[Experiment], run_experiment: RunExperiment, is_simulated: bool = False
    ) -> int:
        """Run what is not finished yet, one after the other; the exit code of the process.

        SIGTERM, which SageMaker sends before it ends a job, interrupts the running experiment cleanly.

        :param run_experiment: runs one experiment to its end
        :param is_simulated: unfinished experiments start over
        """
        from benchmarking.commons.remote.in_job.job_progress import JobProgress

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        _make_absolute("PYTHONPATH")
        self._link_folder(experiments)
        done = self._finished_before(experiments)
        plan = StudyPlan.of([e for e in experiments if e.id[:8] not in done], False, not is_simulated)
        progress = JobProgress(is_simulated, self._uploads_of)
        failed = False
        try:
            for planned in plan.planned:
                outcome, cause = self._run_one(planned, run_experiment, progress)
                self._tell_end(outcome, cause)
                progress.say(planned, f"{outcome.state}: {outcome.reason}")
                failed |= outcome.state != ExperimentState.finished
        except KeyboardInterrupt:
            print("Interrupted; another attempt continues", file=sys.stderr)
            self._save_all(plan.planned)
            return INTERRUPTED
        return SOME_FAILED if failed else 0

    def _run_one(
        self, planned: PlannedExperiment, run_experiment: RunExperiment, progress: JobProgress
    ) -> tuple[Outcome, str | None]:
        """What became of ``planned``, and whose fault it was if it failed."""
        from benchmarking.commons.remote.records.markers import LAUNCHED, QUEUED, RUNNING
        from benchmarking.commons.study.run import outcome_of, run_one

        if planned.action == Action.skip:  # the job was restarted in its last moment
            return outcome_of(planned), None
        self._mark(planned.experiment, RUNNING, known=(QUEUED, LAUNCHED))
        errors: list[BaseException] = []

        def noting_errors(experiment: Experiment, callback: TunerCallback) -> None:
            try:
                run_experiment(experiment, callback)
            except BaseException as error:
                errors.append(error)
                raise

        trouble = run_one(planned, noting_errors, progress)
        outcome = outcome_of(planned, trouble)
        if outcome.state == ExperimentState.finished:
            return outcome, None
        return outcome, _cause(errors[-1] if errors else None)

    def _link_folder(self, experiments: Sequence[Experiment]) -> None:
        """The experiment's usual place leads to the folder that is copied to S3."""
        folder = self.environment.get(FOLDER_VARIABLE)
        if not folder or len(experiments) != 1:
            return
        place = experiments[0].paths.folder
        Path(folder).mkdir(parents=True, exist_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.symlink_to(os.path.abspath(folder), target_is_directory=True)

    def _uploads_of(self, planned: PlannedExperiment) -> TrialUploads | None:
        folder, objects = self.trials_folder, self._objects
        if planned.experiment.backend != "local" or folder is None or objects is None:
            return None
        from benchmarking.commons.remote.in_job.trial_uploads import TrialUploads

        with_checkpoints = bool(read_document(self.where).get("upload_checkpoints"))
        keys = ExperimentKeys(planned.experiment.name)
        return TrialUploads(objects, keys, ExperimentPaths(folder).trials, with_checkpoints)

    # -- S3 ------------------------------------------------------------------------------------

    @cached_property
    def _objects(self) -> S3Objects | None:
        if self.bucket is None:
            return None
        from syne_core.aws.s3_objects import S3Objects
        from syne_core.aws.session import AwsSession

        return S3Objects(AwsSession.resolve(), self.bucket)

    def _finished_before(self, experiments: Sequence[Experiment]) -> set[str]:
        """Those of several experiments that an earlier attempt has finished."""
        if self.bucket is None or len(experiments) == 1:
            return set()
        from benchmarking.commons.remote.records.markers import FINISHED, read_states

        states = read_states(self._client, self.bucket, experiments[0].tag)
        return {id8 for id8, state in states.items() if state.state == FINISHED}

    def _tell_end(self, outcome: Outcome, cause: str | None) -> None:
        """Results first: whoever reads that an experiment is finished finds them."""
        from benchmarking.commons.remote.records.markers import FAILED, FINISHED, LAUNCHED, QUEUED, RUNNING

        experiment = outcome.experiment
        self._save(experiment)
        if outcome.state == ExperimentState.finished:
            self._mark(experiment, FINISHED, (QUEUED, LAUNCHED, RUNNING, FAILED), reason=outcome.reason)
        else:
            tail = _tail_of(experiment.paths.log)
            known = (QUEUED, LAUNCHED, RUNNING)
            self._mark(experiment, FAILED, known, cause=cause, reason=outcome.reason, log_tail=tail)

    def _save_all(self, planned: Sequence[PlannedExperiment]) -> None:
        """What there is of the experiment that was interrupted; simulated ones start over."""
        if len(planned) == 1 and planned[0].experiment.backend != "simulator":
            self._save(planned[0].experiment)

    def _save(self, experiment: Experiment) -> None:
        """Copy the experiment's files to S3, its status last."""
        if self._objects is None:
            return
        leaf, paths = ExperimentKeys(experiment.name).leaf, experiment.paths
        for path in (paths.journal, paths.metadata, paths.results, paths.log, paths.status):
            try:
                if path.is_file():
                    self._objects.put(leaf + path.name, path.read_bytes())
            except Exception as error:
                logger.warning("%s could not be copied to S3: %s", path, error)

    def _mark(self, experiment: Experiment, state: str, known: Sequence[str], **more: Any) -> None:
        """Write the marker; what cannot be written is no reason to end an experiment."""
        self._mark_one(experiment.tag, experiment.id[:8], experiment.name, state, known, **more)

    def _mark_one(self, tag: str, id8: str, name: str, state: str, known: Sequence[str], **more: Any) -> None:
        if self.bucket is None:
            return
        from benchmarking.commons.remote.records.markers import StateRecord, write_state

        record = StateRecord(name, self.attempt, self.name, time.time(), **more)
        try:
            write_state(self._client, self.bucket, tag, id8, state, record, known)
        except Exception as error:
            logger.warning("the marker '%s' could not be written: %s", state, error)

    @property
    def _client(self) -> Any:
        from syne_core.aws.session import AwsSession

        return AwsSession.resolve().client("s3")

    # -- before anything runs ------------------------------------------------------------------

    @contextlib.contextmanager
    def failures_told(self) -> Iterator[None]:
        """Within the block, whatever goes wrong keeps all experiments of the job from running."""
        try:
            yield
        except Exception as error:
            from benchmarking.commons.remote.records.markers import FAILED, LAUNCHED, QUEUED, RUNNING

            with contextlib.suppress(Exception):  # of the error above people must hear in any case
                for values in read_document(self.where)["experiments"]:
                    tag, id8 = values["tag"], values["id"][:8]
                    name = experiment_name(tag, values["method"], values["seed"], values["benchmark"], id8)
                    told = {"cause": _cause(error), "reason": str(error)}
                    self._mark_one(tag, id8, name, FAILED, (QUEUED, LAUNCHED, RUNNING), **told)
            raise


def job_here(environment: Mapping[str, str] = os.environ) -> ExperimentsJob | None:
    """The job that this process runs in, if it is one that runs experiments."""
    where = environment.get(EXPERIMENTS_VARIABLE)
    return ExperimentsJob(where, environment) if where else None


def job_metadata(experiment: Experiment, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What ``metadata.json`` says differently in such a job; nothing outside of one."""
    job = job_here(environment)
    if job is None:
        return {}
    instance_type = environment.get("SM_CURRENT_INSTANCE_TYPE")
    command = read_document(job.where).get("command")
    return {
        "job": {
            "name": job.name,
            "arn": environment.get("TRAINING_JOB_ARN"),
            "instance_type": instance_type,
            "region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
            "attempt": job.attempt,
        },
        **({"command": list(command)} if command else {}),
        **({"instance_type": instance_type} if experiment.backend == "local" and instance_type else {}),
        **_origin(),
    }


def _origin() -> dict[str, Any]:
    """The bundle's commit; there is no repository in a job."""
    try:
        found = json.loads((Path(__file__).resolve().parents[4] / _ORIGIN).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _cause(error: BaseException | None) -> str:
    """Whether another attempt may go better though nobody has changed anything."""
    from benchmarking.commons.remote.records.markers import CODE, INFRASTRUCTURE

    while error is not None:
        if isinstance(error, AwsSetupError) or type(error).__module__.startswith(("botocore.", "urllib3.")):
            return INFRASTRUCTURE
        error = error.__cause__
    return CODE


def _tail_of(log: Path) -> tuple[str, ...]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(line[:_LONGEST_LINE] for line in lines[-_TAIL_LINES:])


def _make_absolute(variable: str) -> None:
    """Trials run in folders of their own, where relative paths would mean other places."""
    if entries := [entry for entry in os.environ.get(variable, "").split(os.pathsep) if entry]:
        os.environ[variable] = os.pathsep.join(map(os.path.abspath, entries))
