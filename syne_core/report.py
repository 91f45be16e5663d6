"""The report line: how a training script tells the tuner what it measured.

A report is one line ``[tune-metric]: {json}`` on standard output, the same as Syne Tune's, so that
a script written for either runs under both. Standard library only, parses as Python 3.8: training
scripts import this module, in containers of any age.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time

TYPE_CHECKING = False  # importing typing would take half of the time of importing this module
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Dict, List, Optional

__all__ = [
    "MAX_REPORT_BYTES",
    "REPORT_TAG",
    "Reporter",
    "decode_nonfinite",
    "encode_nonfinite",
    "parse_report",
    "retrieve",
]

REPORT_TAG = "[tune-metric]: "
MAX_REPORT_BYTES = 50_000
RESERVED_PREFIX = "st_"
NONFINITE = "st_nonfinite"
PRICE_VARIABLE = "ST_PRICE_PER_HOUR"


def _integer(digits: str) -> Any:
    """Python's integers know no limit; what no float can hold is infinite, as JSON's 1e999 is."""
    return int(digits) if len(digits) < 300 else float(digits)


_decoder = json.JSONDecoder(parse_int=_integer)


class Reporter:
    """Prints one report line per call: ``report = Reporter(); report(epoch=3, accuracy=0.91)``.

    Each line also carries ``st_worker_timestamp`` (seconds since 1970), ``st_worker_time`` (seconds
    since this object was made), ``st_worker_iter`` (0, 1, ...) and, where the back-end knows the
    price of this worker, ``st_worker_cost`` (its currency).

    :param add_time: add ``st_worker_time``
    :param add_cost: add ``st_worker_cost`` where the price is known
    :raises ValueError: by a call with a reserved name, a None, something that JSON cannot hold, or
        more than 50 kB
    """

    def __init__(self, add_time: bool = True, add_cost: bool = True) -> None:
        self.add_time = add_time
        self.add_cost = add_cost
        self._start = time.perf_counter()
        self._iter = 0
        price = os.environ.get(PRICE_VARIABLE)
        self._price_per_second = float(price) / 3600 if price else None

    def __call__(self, **metrics: Any) -> None:
        values = {name: _plain(name, value) for name, value in metrics.items()}
        values = encode_nonfinite(values)
        values["st_worker_timestamp"] = time.time()
        elapsed = time.perf_counter() - self._start
        if self.add_time:
            values["st_worker_time"] = elapsed
        if self.add_cost and self._price_per_second is not None:
            values["st_worker_cost"] = elapsed * self._price_per_second
        values["st_worker_iter"] = self._iter
        line = REPORT_TAG + _serialise(values)
        if len(line) > MAX_REPORT_BYTES:
            raise ValueError("a report has %d bytes; at most %d are allowed" % (len(line), MAX_REPORT_BYTES))
        self._iter += 1
        # One write, beginning on a line of its own is the reader's business: a progress bar may have
        # left the cursor anywhere.
        _print_now(line + "\n")


def parse_report(line: str) -> Optional[Dict[str, Any]]:
    """The report that ``line`` holds, or None if it holds none or a torn one.

    Non-finite values come back as floats, and ``st_nonfinite`` is left out. Inside of lists and
    dictionaries, where no metric can be, they come back as None.
    """
    at = line.find(REPORT_TAG)
    while at >= 0:
        at += len(REPORT_TAG)
        try:
            values, _ = _decoder.raw_decode(line, at)
            if isinstance(values, dict):
                return _strict_inside(decode_nonfinite(values))
        except (ValueError, RecursionError):
            pass  # torn; a whole one may follow in the same line
        at = line.find(REPORT_TAG, at)
    return None


def retrieve(log_lines: Iterable[str]) -> List[Dict[str, Any]]:
    """The reports in ``log_lines``, in order; other lines are passed over."""
    return [report for report in map(parse_report, log_lines) if report is not None]


def encode_nonfinite(values: Dict[str, Any]) -> Dict[str, Any]:
    """``values`` as strict JSON holds them: NaN and infinities as null, named in ``st_nonfinite``."""
    odd = {n: repr(v) for n, v in values.items() if isinstance(v, float) and not math.isfinite(v)}
    if not odd:
        return values
    encoded = {name: None if name in odd else value for name, value in values.items()}
    encoded[NONFINITE] = odd
    return encoded


def decode_nonfinite(values: Dict[str, Any]) -> Dict[str, Any]:
    """Undo ``encode_nonfinite``, in place."""
    odd = values.pop(NONFINITE, None)
    for name, text in odd.items() if isinstance(odd, dict) else ():
        if text in ("nan", "inf", "-inf"):
            values[name] = float(text)
    return values


def _print_now(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except RuntimeError:
        # The handler of a signal that came while standard output was written may not use its buffer.
        # What it reports, often the last values before the end, goes past it.
        os.write(sys.stdout.fileno(), text.encode())


def _plain(name: str, value: Any) -> Any:
    """``value`` as something that JSON holds: NumPy and torch scalars become Python numbers."""
    if name.startswith(RESERVED_PREFIX):
        raise ValueError("'%s': names that start with 'st_' are reserved" % name)
    if not isinstance(value, (bool, int, float, str, list, dict)) and hasattr(value, "item"):
        try:
            value = value.item()
        except (ValueError, RuntimeError) as error:  # NumPy's and torch's word for several numbers
            raise ValueError("'%s' is not a single value: %s" % (name, error)) from None
    if value is None:
        raise ValueError("'%s' is None; report a number, or leave it out" % name)
    return float(value) if isinstance(value, float) else value


def _strict_inside(values: Dict[str, Any]) -> Dict[str, Any]:
    for name, value in values.items():
        if isinstance(value, (list, dict)):
            values[name] = _strict(value)
    return values


def _strict(value: Any) -> Any:
    if isinstance(value, list):
        return [_strict(element) for element in value]
    if isinstance(value, dict):
        return {name: _strict(element) for name, element in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _serialise(values: Dict[str, Any]) -> str:
    try:
        return json.dumps(values, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError("a report must be JSON: %s" % error) from None
