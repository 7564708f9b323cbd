# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source in a process of its own, as ansible-rulebook runs it, over a queue that is emptied at once.

``events_source.py OPTIONS ANSWER``: OPTIONS is JSON with the source's ``args``, ``wanted``, how many events to take, and
``first``, the id of the first of their alerts. ``late``, seconds, has each of so many alerts appear at a random moment
within that time. What was measured goes into the file ANSWER, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import runpy
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests

SOURCE = Path(__file__).parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "security_events.py"
EARLY = 1000


def memory_mb() -> float:
    """What this process has in memory now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def add_alerts(endpoint: str, first: int, count: int, within: float, appeared: dict[str, float]) -> None:
    """Have the service show ``count`` alerts at random moments."""
    chance = random.Random(7)
    moments = sorted(chance.uniform(0, within) for _number in range(count))
    begun = time.time()
    for number, moment in enumerate(moments, start=first):
        time.sleep(max(0.0, begun + moment - time.time()))
        appeared[str(number)] = time.time()
        alert = {"id": number, "event_ids": [number]}
        requests.post(f"{endpoint}/_simulator/alerts", json=alert, timeout=60).raise_for_status()


async def measure(given: dict[str, Any]) -> dict[str, Any]:
    """Run the source until it has delivered what is wanted."""
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)
    begun = time.time()
    main = runpy.run_path(str(SOURCE))["main"]
    with contextlib.suppress(Exception):  # it is loaded when it refuses an option
        await main(queue, {"interval": 0})
    loaded = time.time()
    task = asyncio.create_task(main(queue, given["args"]))
    appeared: dict[str, float] = {}
    if given["late"]:
        await asyncio.sleep(given["args"]["interval"])  # it has begun
        asked = (given["args"]["endpoint"], given["first"], given["wanted"], given["late"], appeared)
        threading.Thread(target=add_alerts, args=asked, daemon=True).start()
    delays: list[float] = []
    seen = bytearray(given["wanted"])  # a set of ids would be the larger part of the memory
    early = 0.0
    for taken in range(given["wanted"]):
        event = await queue.get()
        seen[int(event["id"]) - given["first"]] = 1
        if appeared:
            delays.append(time.time() - appeared[event["id"]])
        if taken == EARLY:
            early = memory_mb()
    seconds = time.time() - loaded
    late = memory_mb()
    task.cancel()
    median = statistics.median(delays) if delays else 0.0
    return {
        "loading": loaded - begun,
        "seconds": seconds,
        "alerts": sum(seen),
        "median": median,
        "early_mb": early,
        "late_mb": late,
    }


if __name__ == "__main__":
    measured = asyncio.run(measure(json.loads(sys.argv[1])))
    Path(sys.argv[2]).write_text(json.dumps(measured), encoding="ascii")
