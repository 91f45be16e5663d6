"""Repositories of container images: ECR."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.session import AwsSession
from syne_core.errors import SyneError

__all__ = ["ImageRepository", "image_repository"]

_SHORTEST = 2


@dataclass(frozen=True)
class ImageRepository:
    """A repository that exists.

    :param uri: of its images, without tag, as training jobs name them
    :param push_uri: the same, as whoever pushes names them: the emulator is not where AWS's names lead
    """

    session: AwsSession
    name: str
    uri: str
    push_uri: str

    @property
    def host(self) -> str:
        """Where one logs in to push."""
        return self.push_uri.partition("/")[0]

    def has_image(self, tag: str) -> bool:
        """Whether there is an image of that tag."""
        client = self.session.client("ecr")
        with clear_errors(f"look for image {self.name}:{tag}"):
            try:
                client.describe_images(repositoryName=self.name, imageIds=[{"imageTag": tag}])
            except Exception as error:
                if error_code(error) == "ImageNotFoundException":
                    return False
                raise
        return True

    def login(self) -> tuple[str, str]:
        """User and password for whoever pushes; they are good for 12 hours.

        :raises SyneError: ECR answers with something else
        """
        with clear_errors("log in to ECR"):
            answer = self.session.client("ecr").get_authorization_token()
        try:
            token = answer["authorizationData"][0]["authorizationToken"]
            user, _, password = base64.b64decode(token).decode().partition(":")
        except (LookupError, ValueError) as error:
            raise SyneError(f"ECR's authorization token is not understood: {error}") from None
        return user, password


def image_repository(session: AwsSession, name: str) -> ImageRepository:
    """The repository ``name``, which is made if it is absent.

    :raises AwsSetupError: it may not be looked at, or made
    """
    name = name if len(name) >= _SHORTEST else f"fit-{name}"
    client = session.client("ecr")
    with clear_errors(f"use repository '{name}' of ECR"):
        try:
            found = client.describe_repositories(repositoryNames=[name])["repositories"][0]
        except Exception as error:
            if error_code(error) != "RepositoryNotFoundException":
                raise
            found = _created(client, name)
    uri = str(found["repositoryUri"])
    emulator = urlsplit(session.endpoint_url or "").netloc if session.is_emulator else None
    return ImageRepository(session, name, uri, f"{emulator}/{name}" if emulator else uri)


def _created(ecr: Any, name: str) -> dict[str, Any]:
    try:
        return dict(ecr.create_repository(repositoryName=name)["repository"])
    except Exception as error:
        if error_code(error) != "RepositoryAlreadyExistsException":  # somebody of us was faster
            raise
        return dict(ecr.describe_repositories(repositoryNames=[name])["repositories"][0])
