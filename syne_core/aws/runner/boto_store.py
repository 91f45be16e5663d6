"""S3 for the runner by boto3, where the environment holds no credentials: an instance's role, a profile.

Parses as Python 3.8; boto3 must be in the image.
"""

from __future__ import annotations

from typing import Any

from syne_core.aws.runner.object_store import (
    TIMEOUT_S,
    TRANSIENT_CODES,
    TRANSIENT_STATUS,
    StoreError,
)

__all__ = ["BotoStore"]


class BotoStore:
    """As ``ObjectStore``.

    :raises StoreError: by the constructor: boto3 is not in the image
    """

    def __init__(self, region: str) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise StoreError(
                "no AWS credentials in the environment, and the image has no boto3 to look elsewhere",
                False,
            ) from None
        config = Config(connect_timeout=10, read_timeout=TIMEOUT_S, retries={"max_attempts": 0})
        self._client: Any = boto3.client("s3", region_name=region, config=config)

    def get(self, bucket: str, key: str) -> bytes:
        """See ``ObjectStore.get``."""
        answer = self._call(f"GET s3://{bucket}/{key}", self._client.get_object, Bucket=bucket, Key=key)
        content = answer["Body"].read()
        return bytes(content)

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """See ``ObjectStore.put``."""
        self._call(f"PUT s3://{bucket}/{key}", self._client.put_object, Bucket=bucket, Key=key, Body=body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _call(self, what: str, method: Any, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            return method(**arguments)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            code = str(error.response.get("Error", {}).get("Code", status))
            transient = status in TRANSIENT_STATUS or code in TRANSIENT_CODES
            raise StoreError(f"{what}: {error}", transient, code) from None
        except BotoCoreError as error:
            raise StoreError(f"{what}: {error}", not isinstance(error, NoCredentialsError)) from None
