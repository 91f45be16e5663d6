"""The runner's S3 over TLS, and through a proxy: as on AWS, where nothing else in the tests can go."""

from __future__ import annotations

import datetime
import ipaddress
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from syne_core.aws.runner.credentials import FixedCredentials
from syne_core.aws.runner.object_store import ObjectStore, StoreError
from syne_core.aws.runner.signature import Credentials

x509 = pytest.importorskip("cryptography.x509")

PROVIDER = FixedCredentials(Credentials("AKIDEXAMPLE", "secret", None))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key in the same file."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "S3 of a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.txt"
    text = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(text)
        + key.private_bytes(text, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


class _Objects(BaseHTTPRequestHandler):
    """Stores what is put, in the server's ``objects``."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.objects[self.path] = body  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Proxy(socketserver.StreamRequestHandler):
    """Tunnels, and remembers to where."""

    def handle(self) -> None:
        where = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        self.server.tunnels.append(where)  # type: ignore[attr-defined]
        host, _, port = where.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    ends[ready].sendall(data)


@pytest.fixture
def s3(certificate: Path) -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Objects)
    server.objects = {}  # type: ignore[attr-defined]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from _running(server)


@pytest.fixture
def proxy() -> Iterator[Any]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy)
    server.tunnels = []  # type: ignore[attr-defined]
    yield from _running(server)


def _running(server: Any) -> Iterator[Any]:
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    made = ObjectStore(PROVIDER, "eu-west-1", f"https://127.0.0.1:{s3.server_address[1]}")
    yield made
    made.close()


def test_certificate_is_trusted_if_the_environment_says_so(
    store: ObjectStore, s3: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    for _ in range(2):
        store.put("b", "k", b"content")
    assert s3.objects == {"/b/k": b"content"}


def test_unknown_certificate_is_refused_for_good(store: ObjectStore, s3: Any) -> None:
    with pytest.raises(StoreError, match="CERTIFICATE_VERIFY_FAILED") as error:
        store.put("b", "k", b"content")
    assert not error.value.transient
    assert s3.objects == {}


def test_proxy_of_the_environment_is_used(
    store: ObjectStore, s3: Any, proxy: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    store.put("b", "k", b"content")
    assert s3.objects == {"/b/k": b"content"}
    assert proxy.tunnels == [f"127.0.0.1:{s3.server_address[1]}"]
    store.close()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    store.put("b", "k", b"again")
    assert (s3.objects, len(proxy.tunnels)) == ({"/b/k": b"again"}, 1)
