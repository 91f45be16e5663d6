"""Session, role and folder where Syne Tune's launchers import them from."""

from syne_core.backend.sagemaker.sessions import (
    default_sagemaker_session,
    get_execution_role,
    repository_root_path,
)

__all__ = ["default_sagemaker_session", "get_execution_role", "repository_root_path"]
