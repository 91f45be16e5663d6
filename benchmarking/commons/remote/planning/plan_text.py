"""A remote plan, printed for people or as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.planning.account_plan import AccountPlan
from benchmarking.commons.remote.planning.cost_plan import CostPlan
from benchmarking.commons.remote.planning.remote_plan import RemotePlan
from benchmarking.commons.study.followers import duration

if TYPE_CHECKING:
    from syne_core.aws.quotas import InstanceQuota

__all__ = ["counted", "print_remote_plan", "spending_in_words"]


def print_remote_plan(plan: RemotePlan, cost: CostPlan, account: AccountPlan | None, as_json: bool) -> None:
    """What would be launched, what that takes, and where the account stands if it was asked."""
    if as_json:
        print(json.dumps(_as_json(plan, cost, account), indent=2, default=str))
        return
    _print_table([_HEADER, *_rows(plan)])
    print()
    _print_table(_type_rows(cost, account))
    for line in _closing(plan, cost, account):
        print(line, file=sys.stderr)


def counted(plan: RemotePlan) -> str:
    """Like ``20 to run, 3 to skip``."""
    counts = Counter(one.action for one in plan.planned)
    return ", ".join(f"{n} {_ACTIONS.get(action, action)}" for action, n in counts.items())


def spending_in_words(cost: CostPlan) -> str:
    """Instance-hours and cost, as a range."""
    least, most = cost.instance_hours
    text = f"{least:.1f} to {most:.1f} instance-hours"
    if cost.cost is None:
        return f"{text}, at a price that is not known for {', '.join(cost.without_price)}"
    sources = ", ".join(dict.fromkeys(t.price.source for t in cost.types if t.price is not None))
    return f"{text}, {cost.cost[0]:.2f} to {cost.cost[1]:.2f} USD" + (f" ({sources})" if sources else "")


_ACTIONS = {
    "run": "to run",
    "continue": "to continue",
    "skip": "finished before",
    "adopt": "running already",
    "restart": "to start over",
    "leave": "left as they are (--retry_failed is about failed ones)",
    "failed before": "failed before (--retry_failed runs them again)",
}
_HEADER = ("ACTION", "METHOD", "BENCHMARK", "SEED", "WORKERS", "TIME", "INSTANCE", "TRIALS", "FOLDER")


def _rows(plan: RemotePlan) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for planned in plan.planned:
        one, needs = planned.experiment, planned.footprint
        trials = "inside"
        if needs.trial_instance_type is not None:
            trials = f"{needs.trial_instances} x {needs.trial_instance_type}"
        time = duration(one.max_wallclock_time)
        who = (one.method, one.benchmark, str(one.seed), str(one.n_workers), time)
        rows.append((planned.action, *who, needs.instance_type, trials, one.name))
    return rows


def _type_rows(cost: CostPlan, account: AccountPlan | None) -> list[tuple[str, ...]]:
    header = ["INSTANCE TYPE", "PEAK", "HOURS", "USD/HOUR", "USD"]
    rows = [(*header, *(["QUOTA", "WARM POOLS"] if account else []))]
    for one in cost.types:
        price = "?" if one.price is None else f"{one.price.usd_per_hour:g}"
        usd = "?" if one.most_cost is None else f"{one.least_cost:.2f} to {one.most_cost:.2f}"
        row = [one.instance_type, str(one.peak), f"{one.least_hours:.1f} to {one.most_hours:.1f}", price, usd]
        if account is not None:
            row += _quota_cells(account.quotas.get(one.instance_type))
        rows.append(tuple(row))
    return rows


def _quota_cells(quota: InstanceQuota | None) -> list[str]:
    figures = (None, None) if quota is None else (quota.training, quota.warm_pool)
    return ["not known" if figure is None else str(figure) for figure in figures]


def _closing(plan: RemotePlan, cost: CostPlan, account: AccountPlan | None) -> list[str]:
    lines = [f"Experiments: {counted(plan)}."]
    if cost.jobs:
        jobs = f"{cost.jobs} job{'s' if cost.jobs > 1 else ''}, up to {cost.at_once} at a time"
        lines.append(
            f"{jobs}; {spending_in_words(cost)}; all at its end in at most {duration(cost.longest)}."
        )
    warm_pools = any(needs.keep_alive for needs in plan.footprints())
    lines += _shortages(cost, account, warm_pools)
    asked = f"Asked {account.target}. " if account is not None else ""
    return [*lines, f"{asked}Nothing was started."]


def _shortages(cost: CostPlan, account: AccountPlan | None, warm_pools: bool) -> list[str]:
    if account is None:
        return []
    lines = []
    for one in cost.types:
        quota = account.quotas.get(one.instance_type)
        if quota is not None and warm_pools and (quota.warm_pool or 0) < one.peak:
            known = "not known" if quota.warm_pool is None else str(quota.warm_pool)
            lines.append(
                f"{one.instance_type}: warm pools want a quota of their own, of {one.peak} instances; "
                f"it is {known}."
            )
        if quota is not None and quota.training is not None and quota.training < one.peak:
            lines.append(
                f"{one.instance_type}: {one.peak} could be used at a time, the quota is {quota.training}; "
                "experiments will wait for each other."
            )
    return lines


def _as_json(plan: RemotePlan, cost: CostPlan, account: AccountPlan | None) -> dict[str, Any]:
    content: dict[str, Any] = {
        "experiments": [one.to_json() for one in plan.planned],
        "counts": dict(Counter(one.action for one in plan.planned)),
        **cost.to_json(),
    }
    if account is not None:
        content |= {"target": account.target, "quotas": account.quotas_json()}
    return content


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
