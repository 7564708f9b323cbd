# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan for thousands of open alerts, beside the listing that it needs."""

from __future__ import annotations

import tempfile
from typing import Any

from .harness import COLLECTION, PACE, QUOTA, Service, play, simulator, told_calls
from .report import Table
from .sizes import Sizes

_HOW = """One task of `security_event_plan` for {count:,} open alerts and a policy of ten rules, of which the last takes them
all; the plan is written to a file. Beside it one task of `security_event_info` lists the same alerts, with one field. Both
from a service that answers after 50 ms and takes 10 calls a second of each action; `requests_per_second: 10`. The empty
playbook is subtracted from both."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    table = Table("a plan", _HOW.format(count=sizes.planned))
    empty = play([])
    with simulator("--crowd", str(sizes.planned), *PACE) as service:
        listing = play([_task(service, "security_event_info", dealed=False, fields=["id"])])
        listed = service.calls()
    with simulator("--crowd", str(sizes.planned), *PACE) as service, tempfile.TemporaryDirectory() as directory:
        options = {"policy": _policy(), "plan_directory": directory, "max_events": sizes.planned}
        planning = play([_task(service, "security_event_plan", **options)], peak=True)
        calls = service.calls()
    table.add("the listing", f"{listing.seconds - empty.seconds:.1f} s, {told_calls(listed)}")
    table.add(
        "the plan", f"{planning.seconds - empty.seconds:.1f} s ({planning.cpu:.1f} s of processor), {told_calls(calls)}"
    )
    table.judge("the plan / the listing", (planning.seconds - empty.seconds) / (listing.seconds - empty.seconds), 1.2)
    table.expect("alerts planned", planning.results[0]["summary"]["planned"], sizes.planned)
    table.add("size of the result", f"{planning.result_bytes / 1e6:.2f} MB")
    return table


def _policy() -> list[dict[str, Any]]:
    rules = [
        {"name": f"rule {number}", "match": {"name_regex": f"(?i)family {number}$"}, "operation_code": "manual_handled"}
        for number in range(9)
    ]
    return [
        *rules,
        {"name": "all", "match": {"levels": ["serious", "suspicious", "remind"]}, "operation_code": "ignore"},
    ]


def _task(service: Service, module: str, **options: Any) -> dict[str, Any]:
    return {f"{COLLECTION}.{module}": {**service.connection, "requests_per_second": QUOTA, **options}}
