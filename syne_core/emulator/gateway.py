"""The front door: every request comes through here."""

from __future__ import annotations

import io
import json
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from syne_core.emulator.api_error import ApiError, internal_failure
from syne_core.emulator.calls import Answer, Call, call_of, error_answer, json_answer
from syne_core.emulator.faults import Fault, Faults, error_of
from syne_core.emulator.http_server import ConnectionDropped, StartResponse
from syne_core.emulator.jobs.contract import INTERNAL_AGENT
from syne_core.emulator.registry import Registry
from syne_core.emulator.service_models import input_shape, operation, output_shape
from syne_core.emulator.settings import EmulatorSettings
from syne_core.emulator.validation import check_answer, checked_request

__all__ = ["AnswersOthers", "Gateway", "Handler"]

#: Answers the calls of other services, like a WSGI application.
AnswersOthers = Callable[[Call, "dict[str, Any]", StartResponse], "Iterable[bytes]"]

#: Answers one operation: checked members of the request to members of the answer.
Handler = Callable[[dict[str, Any]], dict[str, Any]]


class Gateway:
    """The WSGI application of an emulator: counts calls, injects faults, and passes them on.

    :param own: handlers of the operations that are answered here, by service and operation
    :param rest: answers the calls of all other services
    :param registry: answers those who push images
    """

    def __init__(
        self,
        settings: EmulatorSettings,
        faults: Faults,
        own: Mapping[str, Mapping[str, Handler]],
        rest: AnswersOthers,
        registry: Registry,
    ) -> None:
        self._settings, self._faults, self._own, self._rest = settings, faults, own, rest
        self._registry = registry
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def calls(self) -> dict[str, int]:
        """How often each operation was called so far, failed calls included, the emulator's own left out."""
        with self._lock:
            return dict(self._counts)

    def close(self) -> None:
        """Calls that are being delayed on purpose are delayed no longer."""
        self._closing.set()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if Registry.is_meant(environ):
            return self._registry(environ, start_response)
        call = call_of(environ)
        if INTERNAL_AGENT in environ.get("HTTP_USER_AGENT", ""):
            return self._passed_on(call, environ, start_response)
        with self._lock:
            self._counts[call.operation] += 1
        if self._settings.latency:
            self._closing.wait(self._settings.latency)
        refusal = self._faults.refusal_of(call)
        if refusal is not None:
            return _sent(error_answer(call, refusal), start_response)
        fault = self._faults.of_call(call.operation)
        if fault is None:
            return self._passed_on(call, environ, start_response)
        return self._failed(fault, call, environ, start_response)

    def _failed(
        self, fault: Fault, call: Call, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        error = error_of(fault)
        if error is not None:
            return _sent(error_answer(call, error), start_response)
        if fault.endswith("-after"):
            self._passed_on(call, environ, start_response)
        if fault.startswith("lost"):
            self._closing.wait(self._settings.timeout)
        raise ConnectionDropped(reset=fault.startswith("reset"))

    def _passed_on(
        self, call: Call, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            if call.service not in self._own:
                return self._rest(call, environ, start_response)
            answer = json_answer(self._answered_here(call, environ["wsgi.input"]))
        except ApiError as error:
            answer = error_answer(call, error)
        except Exception:
            traceback.print_exc()
            answer = error_answer(call, internal_failure())
        return _sent(answer, start_response)

    def _answered_here(self, call: Call, body: io.BytesIO) -> dict[str, Any]:
        if operation(call.service, call.operation) is None:
            raise ApiError(
                "UnknownOperationException", f"{call.operation} is no operation of {call.service}."
            )
        handler = self._own[call.service].get(call.operation)
        if handler is None:
            offered = ", ".join(sorted(self._own[call.service]))
            raise ApiError(
                "UnknownOperationException",
                f"The emulator does not offer {call.operation}. Of {call.service} it offers: {offered}.",
            )
        try:
            request = json.loads(body.getvalue() or b"{}")
        except ValueError:
            raise ApiError("SerializationException", "The request is no JSON document.") from None
        answer = handler(checked_request(input_shape(call.service, call.operation), request))
        check_answer(output_shape(call.service, call.operation), answer)
        return answer


def _sent(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    start_response(answer.status, answer.headers)
    return [answer.body]
