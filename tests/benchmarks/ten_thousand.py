# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten thousand alerts in one task, each followed to its outcome, as fast as the quota lets it."""

from __future__ import annotations

from typing import Any

from .harness import COLLECTION, PACE, QUOTA, Service, batches, crowd_ids, play, script, simulator, told_calls, uri_task
from .report import Table
from .sizes import Sizes

_HOW = """One task of `handle_security_events` with {count:,} ids, 20 a call, against a service that answers after 50
ms and takes 10 calls a second of each action; `requests_per_second: 10`; `check_operations` is `never` or `auto`. The
whole playbook counts, with Ansible's start. The official SDK sends the same batches one after the other in a script,
waits as the service says when it is throttled, and asks each task until it has ended. `uri` sends {uri} batches that
were signed beforehand, and asks nothing: its time for all is extrapolated. Peak memory is that of the module's
process, as the kernel tells it (VmHWM)."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    table = Table("many alerts in one task", _HOW.format(count=sizes.handled, uri=sizes.uri_batches))
    ids = crowd_ids(sizes.handled)
    bound = len(batches(ids)) / QUOTA
    table.add(f"the quota's bound: {len(batches(ids))} batches", f"{bound:.1f} s")
    with simulator("--crowd", str(sizes.handled), *PACE) as service:
        sdk = script("sdk_loop.py", "handle", str(sizes.handled), environ=service.environ).seconds
        table.add("the official SDK", f"{sdk:.1f} s")
    uri = _uri_seconds(ids, sizes.uri_batches)
    table.add("ansible.builtin.uri, extrapolated", f"{uri:.1f} s")
    others = {"the bound": (bound, 1.25), "the official SDK": (sdk, 1.0), "ansible.builtin.uri": (uri, 1.0)}
    for check in ("never", "auto"):
        with simulator("--crowd", str(sizes.handled), *PACE) as service:
            _measure_ours(table, service, ids, check, others)
    return table


def _measure_ours(
    table: Table, service: Service, ids: list[str], check: str, others: dict[str, tuple[float, float]]
) -> None:
    """Our task with this ``check_operations``, judged by the seconds of ``others`` and what ours may be of each."""
    took = play([handle_task(service, ids, check_operations=check)], peak=True)
    table.add(f"{check}: ours", f"{took.seconds:.1f} s ({took.cpu:.1f} s of processor)")
    for other, (seconds, limit) in others.items():
        table.judge(f"{check}: ours / {other}", took.seconds / seconds, limit)
    table.expect(f"{check}: handled exactly once, as the service knows", service.handled_once(), len(ids))
    table.expect(f"{check}: handled, as the result says", took.results[0]["summary"]["handled"], len(ids))
    table.judge(f"{check}: size of the result", took.result_bytes / 1e6, 1, " MB")
    table.add(f"{check}: peak memory", f"{took.peak_mb:.0f} MB")
    table.add(f"{check}: calls", told_calls(service.calls()))


def handle_task(service: Service, ids: list[str], **options: Any) -> dict[str, Any]:
    """Our task for these alerts, at the pace of the service."""
    ours = {"security_event_ids": ids, "operation_code": "ignore", "max_events": len(ids), "requests_per_second": QUOTA}
    return {f"{COLLECTION}.handle_security_events": {**service.connection, **ours, **options}}


def _uri_seconds(ids: list[str], count: int) -> float:
    """How long uri would take for all batches, from ``count`` of them."""
    every = batches(ids)
    some = every[:count]
    with simulator("--crowd", str(len(ids)), *PACE) as service:
        start = play([]).seconds
        return start + (play([uri_task(service, some)]).seconds - start) * len(every) / len(some)
