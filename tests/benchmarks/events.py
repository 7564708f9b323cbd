# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that become events: how soon, how fast a backlog comes, and what memory it takes."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from simulator.seed_crowd import FIRST_ID

from .harness import PACE, PAGE, QUOTA, Service, script, simulator, told_calls
from .report import Table
from .sizes import Sizes

FIRST_LATE = 90_000_001
_HOW = """The event source runs as ansible-rulebook runs it, over a queue that is emptied at once, in a process of its own, with
a checkpoint on the disk. First {appearing:,} alerts appear at random moments within {within:,} seconds, with `interval: {interval}`,
at a service that answers after 50 ms. Then {waiting:,} alerts wait when it starts (`start: 30d`), 100 a page, and the service
takes 10 calls a second of each action; `requests_per_second: 10`. The bound is the quota's. Last {remembered:,} alerts come from a
service without latency and quota, and the memory of the process is what the kernel tells (VmRSS) after the first 1,000 and at
the end."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    interval, appearing, within, waiting, remembered = sizes.events
    how = _HOW.format(interval=interval, appearing=appearing, within=within, waiting=waiting, remembered=remembered)
    table = Table("alerts as events", how)
    with simulator("--crowd", "100", *PACE) as service:
        soon = _run(service, appearing, late=within, interval=interval, start="now")
    table.judge("median from an alert's appearance to its event", soon["median"], interval / 2 + 1, " s")
    table.expect("alerts that appeared and became events", soon["alerts"], appearing)
    with simulator("--crowd", str(waiting), *PACE) as service:
        backlog = _run(service, waiting, requests_per_second=QUOTA)
        calls = service.calls()
    bound = math.ceil(waiting / PAGE) / QUOTA
    table.add("the quota's bound for those that wait", f"{bound:.1f} s")
    table.add("those that wait, delivered", f"{backlog['seconds']:.1f} s")
    table.add("calls", told_calls(calls))
    table.judge("delivered / the bound", backlog["seconds"] / bound, 1.1)
    table.expect("alerts that waited and became events", backlog["alerts"], waiting)
    with simulator("--crowd", str(remembered)) as service:
        many = _run(service, remembered, requests_per_second=1000)
    table.add("memory at the end", f"{many['late_mb']:.0f} MB")
    table.judge("memory at the end beyond that after 1,000 events", many["late_mb"] - many["early_mb"], 10, " MB")
    table.expect("alerts remembered", many["alerts"], remembered)
    return table


def _run(service: Service, wanted: int, *, late: float = 0, **options: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        args = {**service.connection, "interval": 10, "start": "30d", "checkpoint": folder, **options}
        first = FIRST_LATE if late else FIRST_ID
        given = json.dumps({"args": args, "first": first, "wanted": wanted, "late": late})
        script("events_source.py", given, str(answer), environ=service.environ)
        measured: dict[str, Any] = json.loads(answer.read_text(encoding="ascii"))
        return measured
