"""The services that the emulator answers itself, as botocore's data describes them."""

from __future__ import annotations

import functools

from botocore.loaders import create_loader
from botocore.model import OperationModel, ServiceModel, Shape

__all__ = ["input_shape", "operation", "output_shape", "service_model"]


@functools.cache
def service_model(service: str) -> ServiceModel:
    """The model of a service by botocore's name for it (``sagemaker``, ``service-quotas``, ``pricing``)."""
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


def operation(service: str, name: str) -> OperationModel | None:
    """The operation, or None if the service has no such one."""
    model = service_model(service)
    return model.operation_model(name) if name in model.operation_names else None


@functools.cache
def input_shape(service: str, name: str) -> Shape | None:
    """What a request of the operation consists of; None if of nothing."""
    return service_model(service).operation_model(name).input_shape


@functools.cache
def output_shape(service: str, name: str) -> Shape | None:
    """What an answer of the operation consists of; None if of nothing."""
    return service_model(service).operation_model(name).output_shape
