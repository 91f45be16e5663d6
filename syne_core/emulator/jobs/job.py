"""A training job from the moment when its instances are there."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from syne_core.emulator.jobs.artifacts import Artifacts
from syne_core.emulator.jobs.channels import download_channels, input_data_config
from syne_core.emulator.jobs.checkpoints import CheckpointSync
from syne_core.emulator.jobs.container_plan import ContainerPlan
from syne_core.emulator.jobs.containers import Container
from syne_core.emulator.jobs.contract import JobEnd, JobEvents, JobSurroundings
from syne_core.emulator.jobs.failures import JobFailure, algorithm_error
from syne_core.emulator.jobs.instances import OptMl, instances_of, resource_config
from syne_core.emulator.jobs.logs import JobLogs, LineSplitter
from syne_core.emulator.jobs.metrics import MetricReader
from syne_core.emulator.jobs.objects import S3Objects
from syne_core.emulator.jobs.removal import remove_tree
from syne_core.emulator.jobs.shipping import Shipping
from syne_core.emulator.jobs.training import RUNTIME, Training, TrainingEnd
from syne_core.emulator.jobs.wishes import INTERRUPT, KILL, STOP, Wishes
from syne_core.errors import SyneError

__all__ = ["Job"]

_LOG = logging.getLogger(__name__)
_MESSAGES = {
    "Downloading": "Downloading the training image",
    "Training": "Training image download completed. Training in progress.",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
}
# What a day has: the default of MaxRuntimeInSeconds.
_DEFAULT_RUNTIME = 86_400


class Job:
    """Implements ``RunningJob``: one thread that leads, and one that ships logs and checkpoints."""

    def __init__(
        self, request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
    ) -> None:
        self._request, self._arn, self._surroundings, self._events = request, arn, surroundings, events
        self._name = request["TrainingJobName"]
        self._folder = surroundings.folder / f"{self._name}-{uuid.uuid4().hex[:8]}"
        self._wishes = Wishes()
        self._homes = [
            (instance, OptMl(self._folder / instance.host / "ml")) for instance in instances_of(request)
        ]
        self._containers: dict[str, Container] = {}
        self._end: JobEnd | None = None
        self._is_gone, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"job {self._name}", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """StopTrainingJob."""
        self._wishes.ask(STOP)

    def interrupt(self) -> None:
        """The spot instance is taken away."""
        self._wishes.ask(INTERRUPT)

    def kill(self) -> None:
        """End all its processes now; returns when they are gone."""
        self._wishes.ask(KILL)
        if threading.current_thread() is not self._thread:
            self._is_gone.wait()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until ``ended`` was called; whether it was."""
        return self._is_over.wait(timeout)

    def _run(self) -> None:
        try:
            end = self._run_to_its_end()
        except (JobFailure, SyneError) as failure:
            end = JobEnd("Failed", "Failed", str(failure))
        except Exception as error:
            _LOG.exception("training job %s", self._name)
            end = JobEnd("Failed", "Failed", f"InternalServerError: {type(error).__name__}: {error}")
        finally:
            self._clean_up()
        if self._wishes.current in (STOP, KILL) and end.status == "Completed":
            end = JobEnd("Stopped", "Stopped", model_artifacts=end.model_artifacts)
        try:
            self._events.ended(end)
        finally:
            self._is_over.set()

    def _run_to_its_end(self) -> JobEnd:
        self._tell("Downloading")
        metrics = MetricReader(self._request)
        objects = S3Objects(self._surroundings.endpoint_url, self._surroundings.region)
        self._set_up_containers()
        checkpoints = self._download(objects)
        if self._wishes.is_any():
            return self._ended_early(self._wishes.current)
        self._plan.unpack(objects)
        logs = JobLogs(self._name, self._surroundings.endpoint_url, self._surroundings.region)
        shipping = Shipping(self._name, logs, checkpoints, self._wishes)
        try:
            self._tell("Training")
            ended = self._train(shipping, metrics)
        finally:
            shipping.finish()
        return self._results(ended, objects)

    def _set_up_containers(self) -> None:
        instances = [instance for instance, _ in self._homes]
        for instance, opt_ml in self._homes:
            opt_ml.create(
                {
                    "hyperparameters": self._request.get("HyperParameters", {}),
                    "resourceconfig": resource_config(instances, instance),
                    "inputdataconfig": input_data_config(self._request, instance),
                    "upstreamoutputdataconfig": [],
                }
            )
        self._plan = ContainerPlan(self._request, self._arn, self._surroundings, self._homes, self._folder)
        for instance, opt_ml in self._homes:
            self._containers[instance.host] = self._plan.container(instance, opt_ml)

    def _download(self, objects: S3Objects) -> list[CheckpointSync]:
        download_channels(self._request, self._homes, objects, self._wishes.is_any)
        config = self._request.get("CheckpointConfig")
        checkpoints = (
            [CheckpointSync(config, home, objects, self._folder) for _, home in self._homes] if config else []
        )
        for checkpoint in checkpoints:
            checkpoint.download(self._wishes.is_any)
        return checkpoints

    def _train(self, shipping: Shipping, metrics: MetricReader) -> TrainingEnd:
        splitters = {host: LineSplitter() for host in self._containers}

        def on_output(host: str, data: bytes) -> None:
            now = time.time()
            for line in splitters[host].feed(data or b"\n"):
                shipping.add_line(host, line, now)
                for name, value in metrics.read(line):
                    self._events.metric(name, value, now)

        seconds = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_RUNTIME)
        training = Training(
            self._containers,
            self._wishes,
            seconds,
            self._surroundings.grace,
            on_output,
            lambda: self._tell("Stopping"),
        )
        return training.run()

    def _results(self, ended: TrainingEnd, objects: S3Objects) -> JobEnd:
        if ended.cut_short in (INTERRUPT, KILL):
            return self._ended_early(ended.cut_short)
        self._tell("Uploading")
        artifacts = Artifacts(self._request, objects, self._folder)
        artifacts.upload_output([home.output_data for _, home in self._homes])
        if ended.failed:
            return self._failed(ended.failed, ended.exit_codes[ended.failed])
        has_model = artifacts.upload_model([home.model for _, home in self._homes])
        uri = artifacts.model_uri
        if ended.cut_short == RUNTIME:
            return JobEnd("Stopped", "MaxRuntimeExceeded", model_artifacts=uri if has_model else None)
        if ended.cut_short:
            return JobEnd("Stopped", "Stopped", model_artifacts=uri if has_model else None)
        return JobEnd("Completed", "Completed", model_artifacts=uri)

    def _failed(self, host: str, code: int) -> JobEnd:
        home = next(home for instance, home in self._homes if instance.host == host)
        was_set_up, problem = self._containers[host].problem()
        if not was_set_up:
            reason = f"InternalServerError: the container could not be set up: {problem or 'see the log'}"
        elif problem:
            reason = f"AlgorithmError: {problem}, exit code: {code}"
        else:
            reason = algorithm_error(home.failure, code)
        return JobEnd("Failed", "Failed", reason, exit_code=code)

    def _ended_early(self, wish: str) -> JobEnd:
        return JobEnd("Stopped", "Interrupted" if wish == INTERRUPT else "Stopped")

    def _tell(self, status: str) -> None:
        self._events.secondary_status(status, _MESSAGES[status])

    def _clean_up(self) -> None:
        try:
            for container in self._containers.values():
                container.kill()
                container.close()
            self._wishes.close()
            remove_tree(self._folder)
        except Exception:
            _LOG.exception("what is left of training job %s", self._name)
        finally:
            self._is_gone.set()
