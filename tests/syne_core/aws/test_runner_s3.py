"""The runner's own S3: signatures as botocore makes them, credentials, refusals."""

from __future__ import annotations

import calendar
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from syne_core.aws.runner import credentials as credentials_module
from syne_core.aws.runner import object_store
from syne_core.aws.runner.credentials import (
    ContainerCredentials,
    CredentialsError,
    FixedCredentials,
    find_credentials,
)
from syne_core.aws.runner.object_store import ObjectStore, StoreError, _place, open_store
from syne_core.aws.runner.signature import Credentials, signed_headers

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None)

KEYS = ["a/b.json", "syne-tune/a b/Größe+~(1)!'*.json", "x" * 900, "percent%20/=&?#;:@,$"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE//+=="])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566", "https://proxy.example/s3"])
@pytest.mark.parametrize("bucket", ["bucket", "dotted.bucket"])
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_signature_is_botocores(
    key: str, token: str | None, endpoint: str | None, bucket: str, method: str
) -> None:
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as TheirCredentials

    base, path = _place(bucket, key, "eu-west-1", endpoint)
    body = b"" if method == "GET" else "Größe".encode()
    theirs = AWSRequest(method, base + path, data=body, headers={"Host": base.partition("://")[2]})
    theirs.context["payload_signing_enabled"] = True
    S3SigV4Auth(TheirCredentials(KEY.key_id, KEY.secret, token), "s3", "eu-west-1").add_auth(theirs)
    now = calendar.timegm(time.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    ours = signed_headers(
        method, base.partition("://")[2], path, body, KEY._replace(token=token), "eu-west-1", now
    )
    assert ours["authorization"] == theirs.headers["Authorization"]


def test_addresses() -> None:
    assert _place("b", "a b", "eu-west-1", None) == ("https://b.s3.eu-west-1.amazonaws.com", "/a%20b")
    assert _place("b.c", "k", "eu-west-1", None) == ("https://s3.eu-west-1.amazonaws.com", "/b.c/k")
    assert _place("b", "k", "cn-north-1", None)[0] == "https://b.s3.cn-north-1.amazonaws.com.cn"
    assert _place("b", "k", "eu-west-1", "http://127.0.0.1:1/") == ("http://127.0.0.1:1", "/b/k")


def test_credentials_are_never_shown() -> None:
    assert KEY.secret not in repr(KEY) + str(KEY) + f"{FixedCredentials(KEY)}"


# -- a server that answers as it is told ---------------------------------------------------------------


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is this process, which may get no time to run."""
    monkeypatch.setattr(credentials_module, "_TIMEOUT_S", 120.0)
    monkeypatch.setattr(object_store, "TIMEOUT_S", 120.0)


Answer = Callable[[BaseHTTPRequestHandler, bytes], "tuple[int, dict[str, str], bytes]"]


class Server:
    """Answers by ``self.answer``; remembers what came."""

    def __init__(self) -> None:
        self.answer: Answer = lambda request, body: (200, {}, b"")
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sent = {name.lower(): value for name, value in self.headers.items()}
                owner.requests.append((self.command, self.path, sent))
                status, headers, content = owner.answer(self, body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_PUT = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def store(server: Server) -> Iterator[ObjectStore]:
    made = ObjectStore(FixedCredentials(KEY), "eu-west-1", server.url)
    yield made
    made.close()


def refusal(status: int, code: str, headers: dict[str, str] | None = None) -> Answer:
    content = f"<Error><Code>{code}</Code><Message>Because.</Message></Error>".encode()
    return lambda request, body: (status, headers or {}, content)


@pytest.mark.parametrize(
    ("status", "code", "transient"),
    [
        *(
            (503, "SlowDown", True),
            (500, "InternalError", True),
            (429, "", True),
            (400, "RequestTimeout", True),
        ),
        *((403, "AccessDenied", False), (404, "NoSuchBucket", False), (403, "ExpiredToken", False)),
    ],
)
def test_refusals(server: Server, store: ObjectStore, status: int, code: str, transient: bool) -> None:
    server.answer = refusal(status, code)
    with pytest.raises(StoreError, match=f"PUT s3://b/k: {code or status} Because.") as error:
        store.put("b", "k", b"x")
    assert error.value.transient is transient


def test_connection_is_kept_and_made_again(server: Server, store: ObjectStore) -> None:
    clients = set()

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Any:
        clients.add(request.client_address)
        return 200, {}, b"content"

    server.answer = answer
    for _ in range(3):
        assert store.get("b", "k") == b"content"
    assert len(clients) == 1
    store.close()
    store.put("b", "k", b"x")
    assert len(clients) == 2


def test_nobody_listening_is_transient() -> None:
    store = ObjectStore(FixedCredentials(KEY), "eu-west-1", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="Connection refused") as error:
        store.put("b", "k", b"x")
    assert error.value.transient


def test_bucket_of_another_region_is_asked_there(server: Server, store: ObjectStore) -> None:
    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Any:
        if "/us-east-2/" in request.headers["authorization"]:
            return 200, {}, b"content"
        return refusal(301, "PermanentRedirect", {"x-amz-bucket-region": "us-east-2"})(request, body)

    server.answer = answer
    assert store.get("b", "k") == b"content"


def test_wrong_clock_is_corrected(
    server: Server, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container's clock is an hour behind."""

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Any:
        signed = calendar.timegm(time.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ"))
        if abs(signed - time.time()) < 600:
            return 200, {}, b""
        return refusal(403, "RequestTimeTooSkewed")(request, body)

    server.answer = answer
    slow = SimpleNamespace(time=lambda: time.time() - 3600)
    monkeypatch.setattr("syne_core.aws.runner.object_store.time", slow)
    with pytest.raises(StoreError) as error:
        store.put("b", "k", b"x")
    assert error.value.transient
    store.put("b", "k", b"x")


# -- credentials ---------------------------------------------------------------------------------------


def _given(server: Server, lifetime_s: float) -> list[str]:
    """Let the server give credentials that live that long; the keys that it gave."""
    given: list[str] = []

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Any:
        given.append(f"AKID{len(given)}")
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime_s))
        values = {"AccessKeyId": given[-1], "SecretAccessKey": "s", "Token": "t", "Expiration": expires}
        return 200, {}, json.dumps(values).encode()

    server.answer = answer
    return given


def test_credentials_of_the_container_are_asked_once_while_they_last(server: Server) -> None:
    given = _given(server, 3600)
    provider = ContainerCredentials(f"{server.url}/creds?x=1", {})
    assert {provider.get() for _ in range(3)} == {Credentials("AKID0", "s", "t")}
    assert given == ["AKID0"]
    assert server.requests[0][1] == "/creds?x=1"
    assert provider.get(renew=True).key_id == "AKID1"


def test_credentials_are_renewed_before_they_expire(server: Server) -> None:
    _given(server, 300)
    provider = ContainerCredentials(server.url, {})
    assert [provider.get().key_id for _ in range(2)] == ["AKID0", "AKID1"]


def test_credentials_last_as_long_as_they_may_when_nobody_answers(server: Server) -> None:
    _given(server, 300)
    provider = ContainerCredentials(server.url, {})
    provider.get()
    server.answer = refusal(500, "")
    assert provider.get().key_id == "AKID0"
    _given(server, -1)
    provider.get(renew=True)
    server.answer = refusal(500, "")
    with pytest.raises(CredentialsError):
        provider.get()


def test_expired_token_is_renewed(server: Server) -> None:
    _given(server, 3600)
    store = ObjectStore(ContainerCredentials(server.url, {}), "eu-west-1", server.url)
    give = server.answer

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Any:
        if request.path == "/":
            return give(request, body)
        if "AKID0" in request.headers["authorization"]:
            return refusal(400, "ExpiredToken")(request, body)
        return 200, {}, b""

    server.answer = answer
    with pytest.raises(StoreError) as error:
        store.put("b", "k", b"x")
    assert error.value.transient
    store.put("b", "k", b"x")
    store.close()


def test_token_of_the_container_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    _given(server, 3600)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from-variable")
    ContainerCredentials(server.url, {}).get()
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    ContainerCredentials(server.url, {}).get()
    assert [sent.get("authorization") for _, _, sent in server.requests] == ["from-variable", "from-file"]


@pytest.mark.parametrize("url", ["http://example.com/x", "ftp://127.0.0.2/", "http://10.0.0.1"])
def test_credentials_are_taken_from_trusted_addresses_only(url: str) -> None:
    with pytest.raises(CredentialsError, match="may not come from"):
        ContainerCredentials(url, {})


VARIABLES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_credentials_of_variables_come_first(no_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_credentials() is None
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/")
    assert isinstance(find_credentials(), ContainerCredentials)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    found = find_credentials()
    assert isinstance(found, FixedCredentials)
    assert found.get() == Credentials("a", "b", None)


def test_sagemakers_address_of_credentials(
    server: Server, no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way on SageMaker: a relative address on a fixed host."""
    _given(server, 3600)
    monkeypatch.setattr(credentials_module, "_CONTAINER_HOST", server.url)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    give = server.answer

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Any:
        return give(request, body) if request.path.startswith("/v2") else (200, {}, b"content")

    server.answer = answer
    store = open_store()
    assert store.get("b", "k") == b"content"
    store.close()
    assert "AKID0" in server.requests[-1][2]["authorization"]
    assert server.requests[-1][2]["x-amz-security-token"] == "t"
