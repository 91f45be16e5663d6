"""SageMaker on this machine: one loopback endpoint, for as long as the block lasts."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3

from syne_core.aws.prices import TABLE_DATE, TRAINING_PRICES
from syne_core.emulator.faults import Faults
from syne_core.emulator.gateway import Gateway, Handler
from syne_core.emulator.http_server import LoopbackServer
from syne_core.emulator.instances import Instances
from syne_core.emulator.job_records import record_of, restored
from syne_core.emulator.jobs.contract import HasImages, JobEvents, JobSurroundings, RunningJob, StartsJobs
from syne_core.emulator.kept_services import KeptServices
from syne_core.emulator.lifecycle import INTERNAL_ERROR, Lifecycle
from syne_core.emulator.moto_services import MotoServices
from syne_core.emulator.pricing_service import PricingService
from syne_core.emulator.quotas_service import QuotasService
from syne_core.emulator.registry import Manifest, PushedImages, Registry
from syne_core.emulator.sagemaker_service import SageMakerService
from syne_core.emulator.setting_names import check_names
from syne_core.emulator.settings import EmulatorSettings
from syne_core.emulator.state_folder import StateFolder
from syne_core.emulator.training_job import TrainingJob
from syne_core.errors import ExperimentError, UsageError

__all__ = ["Emulator"]

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_ROLE_NAME = "AmazonSageMaker-ExecutionRole-20260101T000000"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_FAKE_KEY, _FAKE_SECRET = "AKIAIOSFODNN7EMULATR", "not-a-secret"

# Moto keeps its services in variables of its modules.
_only_one = threading.Lock()


class Emulator:
    """SageMaker, and the services around it, at an address of this machine. To be used with ``with``::

        with Emulator(EmulatorSettings(quotas={"ml.g4dn.xlarge": 4})) as emulator:
            emulator.client("sagemaker").list_training_jobs()

    It runs in threads of this process, its jobs in processes of their own; none is left after the block.
    There is at most one at a time in a process.

    :param port: 0 for a free one
    :param folder: what it remembers of earlier sessions and keeps for later ones; None: nothing
    :param start_jobs: runs the jobs; for tests
    :raises UsageError: on entering: the port is taken, settings name what does not exist, or this machine
        refuses the isolation that was asked for
    :raises ExperimentError: on entering: there is already an emulator in this process, or in ``folder``
    """

    def __init__(
        self,
        settings: EmulatorSettings | None = None,
        port: int = 0,
        folder: str | Path | None = None,
        start_jobs: StartsJobs | None = None,
    ) -> None:
        self.settings = settings or EmulatorSettings()
        self._port, self._folder, self._start_jobs = port, folder, start_jobs
        self._exits = contextlib.ExitStack()
        self._making_clients = threading.Lock()
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """The only region there is."""
        return self.settings.region

    @property
    def account(self) -> str:
        """The number of the only account there is."""
        return self.settings.account

    @property
    def bucket(self) -> str:
        """The default bucket of SageMaker's SDKs; it exists."""
        return f"sagemaker-{self.region}-{self.account}"

    @property
    def role_arn(self) -> str:
        """An execution role; it exists."""
        return f"arn:aws:iam::{self.account}:role/service-role/{_ROLE_NAME}"

    @property
    def endpoint_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.port}"

    def environment(self) -> dict[str, str]:
        """Variables that lead AWS clients, here and in other processes, to it."""
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": _FAKE_KEY,
            "AWS_SECRET_ACCESS_KEY": _FAKE_SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if any(name in os.environ for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")):
            others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
            variables["NO_PROXY"] = f"{others},127.0.0.1" if others else "127.0.0.1"
        return variables

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client for it, closed with the emulator; one for all who have no options.

        :param options: more arguments of ``boto3.client``, such as ``config``
        """
        # A session of boto3 must not make two clients at a time.
        with self._making_clients:
            if options:
                return self._new_client(service, **options)
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def _new_client(self, service: str, **options: Any) -> Any:
        client = _session().client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=_FAKE_KEY,
            aws_secret_access_key=_FAKE_SECRET,
            **options,
        )
        self._exits.callback(client.close)
        return client

    def calls(self) -> dict[str, int]:
        """How often each operation was called so far, also by jobs: ``{"CreateTrainingJob": 3, ...}``."""
        return self._gateway.calls()

    def deny(self, *operations: str) -> None:
        """Let nobody call these operations any more, as if a policy forbade them."""
        self._faults.deny(operations)

    def allow(self, *operations: str) -> None:
        """Let them be called again."""
        self._faults.allow(operations)

    def __enter__(self) -> Emulator:
        if not _only_one.acquire(blocking=False):
            raise ExperimentError("There is already an emulator in this process; there can be only one.")
        with contextlib.ExitStack() as exits:
            exits.callback(_only_one.release)
            self._open(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()
        self._clients.clear()

    def _open(self, exits: contextlib.ExitStack) -> None:
        settings, lock = self.settings, threading.RLock()
        check_names(settings)
        moto = self._prepared_moto()
        record = _Record(self._opened_state(exits), moto)
        folder = record.jobs_folder(exits)
        registry = self._made_registry(folder, moto)
        faults, instances = Faults(settings), Instances(settings)
        self._faults = faults
        own: dict[str, Mapping[str, Handler]] = {}
        self._gateway = Gateway(settings, faults, own, moto, registry)
        self._server = self._listening(self._gateway)
        exits.callback(self._server.server_close)
        lifecycle = self._lifecycle = Lifecycle(
            settings,
            lock,
            instances,
            faults,
            self._start_jobs or _start_job,
            self._surroundings(folder, self._images(registry, folder, moto)),
            record.save,
        )
        arn_prefix = f"arn:aws:sagemaker:{self.region}:{self.account}:training-job/"
        service = self._service = SageMakerService(
            arn_prefix, lock, instances, lifecycle, moto.has_role, record.save, record.delete, record.jobs()
        )
        own["sagemaker"] = service.handlers()
        own["service-quotas"] = QuotasService(instances.quotas, self.account, self.region).handlers()
        own["pricing"] = PricingService(TRAINING_PRICES, TABLE_DATE, self.region).handlers()
        self._server.start()
        exits.callback(self._server.close)
        exits.callback(self._gateway.close)
        exits.callback(lifecycle.close)

    def _listening(self, gateway: Gateway) -> LoopbackServer:
        try:
            return LoopbackServer(gateway, self._port)
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"Cannot listen at port {self._port} of 127.0.0.1: {reason}.") from None

    def _prepared_moto(self) -> MotoServices:
        moto = MotoServices(self.account, self.region)
        moto.create_bucket(self.bucket)
        moto.create_role(_ROLE_NAME, json.dumps(_TRUST), "SageMaker execution role of the emulator")
        moto.create_log_group(LOG_GROUP)
        return moto

    def _opened_state(self, exits: contextlib.ExitStack) -> StateFolder | None:
        if self._folder is None:
            return None
        return exits.enter_context(contextlib.closing(StateFolder(Path(self._folder).absolute())))

    def _made_registry(self, folder: Path, moto: MotoServices) -> Registry:
        """Images stay as long as the emulator runs."""

        def on_push(repository: str, reference: str, manifest: Manifest) -> None:
            if ":" not in reference:
                text = manifest.content.decode()
                moto.put_image(repository, reference, manifest.media_type, text, manifest.digest)

        return Registry(folder / "registry", moto.has_repository, on_push)

    def _images(self, registry: Registry, folder: Path, moto: MotoServices) -> PushedImages:
        here = tuple(f"{host}:{self._server.port}" for host in ("127.0.0.1", "localhost"))
        hosts = (f"{self.account}.dkr.ecr.{self.region}.amazonaws.com", *here)
        return PushedImages(registry, folder / "images", hosts, moto.has_repository)

    def _surroundings(self, folder: Path, images: HasImages) -> JobSurroundings:
        settings = self.settings
        if self._start_jobs is None and settings.isolation != "auto":
            from syne_core.emulator.jobs.isolation import isolation_named

            isolation_named(settings.isolation, folder)  # better now than in every job
        return JobSurroundings(
            endpoint_url=self.endpoint_url,
            region=settings.region,
            account=settings.account,
            folder=folder,
            isolation=settings.isolation,
            grace=settings.grace,
            install_requirements=settings.install_requirements,
            images=images,
        )


class _Record:
    """What becomes of jobs is written to the state folder, if there is one."""

    def __init__(self, state: StateFolder | None, moto: MotoServices) -> None:
        self._state = state
        self._kept = None if state is None else KeptServices(moto, state, LOG_GROUP)
        if self._kept is not None:
            self._kept.restore()
            moto.on_s3_change = self._kept.changed

    def jobs_folder(self, exits: contextlib.ExitStack) -> Path:
        """Where jobs have their files."""
        if self._state is not None:
            return self._state.jobs_folder
        folder = tempfile.TemporaryDirectory(prefix="synebench-emulator-", ignore_cleanup_errors=True)
        return Path(exits.enter_context(folder))

    def jobs(self) -> list[TrainingJob]:
        """The jobs of earlier sessions; those that were running have failed."""
        if self._state is None:
            return []
        jobs = [restored(record, INTERNAL_ERROR) for record in self._state.jobs()]
        for job in jobs:
            self.save(job)
        return jobs

    def save(self, job: TrainingJob) -> None:
        """A job was created, or goes on."""
        if self._state is not None and self._kept is not None:
            self._state.save_job(job.name, record_of(job))
            if job.is_terminal:
                self._kept.keep_logs(job.name)

    def delete(self, name: str) -> None:
        """A job was deleted."""
        if self._state is not None:
            self._state.delete_job(name)


def _start_job(
    request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
) -> RunningJob:
    """Loaded with the first job: many use only the services around SageMaker."""
    from syne_core.emulator.jobs import start_job

    return start_job(request, arn, surroundings, events)


@functools.cache
def _session() -> Any:
    """One for all emulators: it takes long to read the service models."""
    return boto3.Session()
