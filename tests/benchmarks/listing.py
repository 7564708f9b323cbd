# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hundred thousand alerts listed by one task, five fields of each."""

from __future__ import annotations

import math
from typing import Any

from .harness import COLLECTION, PACE, PAGE, QUOTA, Service, play, script, simulator, told_calls
from .report import Table
from .sizes import Sizes

FIELDS = ["id", "name", "level", "instance_name", "last_time"]
_HOW = """One task of `security_event_info` lists {count:,} alerts with five fields, 100 a page, from a service that
answers after 50 ms and takes 10 calls a second of each action; `requests_per_second: 10`. The bound is the quota's,
plus what Ansible takes to carry as many records that a module makes up (the empty playbook subtracted from it, as
from ours). The official SDK lists in a script and keeps the rows; for its memory alone it does so a second time,
keeping five fields of each, from a service without latency and quota. Peak memory is that of the module's or the
script's process, as the kernel tells it (VmHWM)."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    table = Table("a long listing", _HOW.format(count=sizes.listed))
    crowd = ("--crowd", str(sizes.listed))
    with simulator(*crowd, *PACE) as service:
        ours = play([_list_task(service)], peak=True)
        calls = service.calls()
    records = ours.results[0]["security_events"]
    with simulator(*crowd, *PACE) as service:
        sdk = script("sdk_loop.py", "list", str(sizes.listed), environ=service.environ)
    with simulator(*crowd) as service:
        five = script("sdk_loop.py", "list-five", str(sizes.listed), environ=service.environ)
    empty = play([])
    carry = play([{"carry": {"record": records[0], "count": sizes.listed}}], peak=True)
    quota, carried = math.ceil(sizes.listed / PAGE) / QUOTA, carry.seconds - empty.seconds
    table.add("the quota's bound", f"{quota:.1f} s")
    table.add("what Ansible takes to carry as much", f"{carried:.1f} s, {carry.result_bytes / 1e6:.1f} MB")
    table.add("the official SDK", f"{sdk.seconds:.1f} s, {sdk.peak_mb:.0f} MB of memory")
    table.add("the official SDK, five fields kept", f"{five.peak_mb:.0f} MB of memory")
    table.add("a module that makes them up", f"{carry.peak_mb:.0f} MB of memory")
    table.add("ours", f"{ours.seconds - empty.seconds:.1f} s ({ours.cpu:.1f} s of processor)")
    table.add("ours: result, memory", f"{ours.result_bytes / 1e6:.1f} MB, {ours.peak_mb:.0f} MB of memory")
    table.add("ours: calls", told_calls(calls))
    table.judge("ours / the bound and the carrying", (ours.seconds - empty.seconds) / (quota + carried), 1.1)
    table.add("ours / the official SDK", f"{ours.seconds / sdk.seconds:.2f}")
    table.judge("our memory / the official SDK's", ours.peak_mb / sdk.peak_mb, 1 / 3)
    table.expect("alerts listed", len({record["id"] for record in records}), sizes.listed)
    return table


def _list_task(service: Service) -> dict[str, Any]:
    options = {**service.connection, "fields": FIELDS, "requests_per_second": QUOTA}
    return {f"{COLLECTION}.security_event_info": options}
