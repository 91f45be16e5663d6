"""``SageMakerBackend`` where Syne Tune's launchers import it from."""

from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend

__all__ = ["SageMakerBackend"]
