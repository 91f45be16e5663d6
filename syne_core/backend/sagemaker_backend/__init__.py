"""Where Syne Tune has its SageMaker back-end; ours is in ``syne_core.backend.sagemaker``.

Everything that a launcher needs, and no SDK::

    from syne_core.backend.sagemaker_backend import PyTorch, SageMakerBackend, get_execution_role
"""

from syne_core.backend.sagemaker.estimators import Estimator, HuggingFace, PyTorch, SKLearn, TensorFlow
from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.sagemaker.sessions import (
    default_sagemaker_session,
    get_execution_role,
    repository_root_path,
)

__all__ = [
    "Estimator",
    "HuggingFace",
    "PyTorch",
    "SKLearn",
    "SageMakerBackend",
    "TensorFlow",
    "default_sagemaker_session",
    "get_execution_role",
    "repository_root_path",
]
