"""The loopback server: a thread per connection, connections stay open between requests."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import DechunkedInput

__all__ = ["ConnectionDropped", "LoopbackServer", "WsgiApplication"]

_PIECE = 1 << 16

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class WsgiApplication(Protocol):
    """A WSGI application."""

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""


class ConnectionDropped(Exception):
    """Raised by the application: the client gets no answer.

    :param reset: whether the connection is reset, else it is closed
    """

    def __init__(self, reset: bool) -> None:
        super().__init__()
        self.reset = reset


class LoopbackServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Serves ``application`` at 127.0.0.1, from threads of this process.

    :param port: 0 for a free one
    :raises OSError: the port is taken
    """

    allow_reuse_address = True
    daemon_threads = False
    block_on_close = True
    request_queue_size = 256
    # What moto's handler wants to know of a server.
    ssl_context = None
    multithread, multiprocess = True, False
    _server_version = "synebench-emulator"

    def __init__(self, application: WsgiApplication, port: int = 0) -> None:
        self.app = application
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="emulator", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Close all connections and return when no thread is left."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that ``close`` finds it."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The connection is over."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to report; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            traceback.print_exc()


class _Connection(MotoRequestHandler):
    """Reads requests of a connection; moto's handler makes their WSGI environment."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 1 << 16

    def run_wsgi(self) -> None:
        """Answer one request; the answer goes out in one piece."""
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        environ["wsgi.input_terminated"] = True
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer[:] = [status, headers]

        try:
            parts = self.server.app(environ, start_response)  # type: ignore[arg-type]
            body = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        except ConnectionDropped as dropped:
            self._drop(dropped.reset)
            return
        self._send(answer[0], answer[1], body)

    def _body(self, environ: dict[str, Any]) -> bytes:
        if isinstance(environ["wsgi.input"], DechunkedInput):
            chunks = iter(lambda: environ["wsgi.input"].read(_PIECE), b"")
            body = b"".join(chunks)
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionError("the client went away")
        return body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        has_length = False
        for name, value in headers:
            has_length = has_length or name.lower() == "content-length"
            self.send_header(name, value)
        if not has_length and code not in ("204", "304"):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self._headers_buffer.append(b"\r\n")
        if self.command != "HEAD":
            self._headers_buffer.append(body)
        self.flush_headers()

    def _drop(self, reset: bool) -> None:
        if reset:
            now = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            self.connection.close()
        self.close_connection = True

    def log_error(self, format: str, *arguments: Any) -> None:
        """Who pushes images tries HTTPS first, which is no request that could be read."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Requests are counted, not logged."""
