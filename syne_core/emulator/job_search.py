"""Search over training jobs: filters on properties, nested filters, subexpressions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from syne_core.emulator.api_error import validation
from syne_core.emulator.job_listing import page_of
from syne_core.emulator.service_models import service_model
from syne_core.emulator.training_job import TrainingJob

__all__ = ["search"]

_DEFAULT_PAGE = 10
_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def search(jobs: Sequence[TrainingJob], request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a Search.

    :raises ApiError: ``ValidationException`` if something else than training jobs is searched, or a value
        cannot be compared
    """
    if request["Resource"] != "TrainingJob":
        raise validation(f"The emulator searches only TrainingJob, not {request['Resource']}.")
    known = service_model("sagemaker").shape_for("TrainingJob").members
    records = {job.name: _record(job, known) for job in jobs}
    expression = request.get("SearchExpression", {})
    chosen = [job for job in jobs if _satisfies(records[job.name], expression)]
    order = request.get("SortBy", "LastModifiedTime")
    chosen.sort(
        key=lambda job: _sort_key(_first(records[job.name], order)),
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    page, token = page_of(chosen, request, _DEFAULT_PAGE)
    answer: dict[str, Any] = {
        "Results": [{"TrainingJob": records[job.name]} for job in page],
        "TotalHits": {"Value": len(chosen), "Relation": "EqualTo"},
    }
    return answer if token is None else {**answer, "NextToken": token}


def _record(job: TrainingJob, known: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in job.describe().items() if name in known}
    return {**shown, "Tags": list(job.tags)}


def _satisfies(record: Mapping[str, Any], expression: Mapping[str, Any]) -> bool:
    verdicts = [_filter_holds(record, one) for one in expression.get("Filters", ())]
    verdicts += [_nested_holds(record, one) for one in expression.get("NestedFilters", ())]
    verdicts += [_satisfies(record, one) for one in expression.get("SubExpressions", ())]
    if not verdicts:
        return True
    return any(verdicts) if expression.get("Operator") == "Or" else all(verdicts)


def _nested_holds(record: Mapping[str, Any], nested: Mapping[str, Any]) -> bool:
    """Whether one item of a list satisfies all filters; their names may repeat that of the list."""
    path = nested["NestedPropertyName"]
    items = [item for value in _values(record, path) for item in _as_list(value)]
    filters = [{**one, "Name": one["Name"].removeprefix(f"{path}.")} for one in nested["Filters"]]
    return any(all(_filter_holds(item, one) for one in filters) for item in items)


def _filter_holds(record: Any, rule: Mapping[str, Any]) -> bool:
    values = [item for value in _values(record, rule["Name"]) for item in _as_list(value)]
    verb, wanted = rule.get("Operator", "Equals"), rule.get("Value")
    if verb == "Exists":
        return bool(values)
    if verb == "NotExists":
        return not values
    if wanted is None:
        raise validation(f"The filter on {rule['Name']} needs a Value for the operator {verb}.")
    if verb == "NotEquals":
        return not any(_is_equal(value, wanted) for value in values)
    return any(_compares(verb, value, wanted) for value in values)


def _compares(verb: str, value: Any, wanted: str) -> bool:
    if verb == "Equals":
        return _is_equal(value, wanted)
    if verb == "Contains":
        return wanted.lower() in str(value).lower()
    if verb == "In":
        return any(_is_equal(value, one.strip()) for one in wanted.split(","))
    there, given = _number(value), _number(wanted)
    return there is not None and given is not None and _ORDERINGS[verb](there, given)


def _is_equal(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == wanted.lower()
    there, given = _number(value), _number(wanted)
    return there == given if there is not None and given is not None else str(value) == wanted


def _number(value: Any) -> float | None:
    """Numbers, texts that are numbers, and dates as seconds since 1970."""
    try:
        return float(value)
    except (TypeError, ValueError):
        pass
    try:
        when = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()


def _values(record: Any, path: str) -> Iterator[Any]:
    """What a property such as ``HyperParameters.lr``, ``Metrics.accuracy`` or ``Tags.team`` is."""
    head, _, rest = path.partition(".")
    if isinstance(record, list):
        for item in record:
            yield from _values(item, path)
    elif isinstance(record, Mapping):
        if head == "Metrics":
            metrics = record.get("FinalMetricDataList", ())
            yield from (one["Value"] for one in metrics if one["MetricName"] == rest)
        elif head == "Tags" and rest:
            yield from (one["Value"] for one in record.get("Tags", ()) if one["Key"] == rest)
        elif path in record:
            yield record[path]
        elif rest and head in record:
            yield from _values(record[head], rest)


def _first(record: Mapping[str, Any], path: str) -> Any:
    return next(_values(record, path), None)


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Numbers before texts, what is not there before both."""
    number = _number(value)
    if number is not None:
        return 1, number, ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
