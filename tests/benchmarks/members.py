# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The open alerts of three hundred member accounts, listed by one task into a file."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

from .harness import COLLECTION, PACE, PAGE, QUOTA, Service, Took, play, script, simulator, told_calls
from .listing import FIELDS
from .report import Table
from .sizes import Sizes

_HOW = """One task of `security_event_info` lists the open alerts of {members:,} member accounts, {each:,} each, with
`accounts: [all]`, five fields and `result_file`, 100 a page, from a service that answers after 50 ms and takes 10 calls a
second of each action, whichever account they are for; `requests_per_second: 10`, `max_concurrency` as it is by default.
The bound is the quota's. The official SDK asks one account after the other in a script, one page after the other, waits as
the service says when it is throttled, and keeps five fields of each row. The whole playbook and the whole script count.
Peak memory is that of the module's or the script's process, as the kernel tells it (VmHWM)."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    members, each = sizes.members, sizes.alerts_each
    table = Table("all member accounts", _HOW.format(members=members, each=each))
    crowd = ("--members", str(members), "--alerts-each", str(each), *PACE)
    with simulator(*crowd) as service, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "alerts.jsonl")
        ours = _list(service, file)
        calls = service.calls()
        records = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
        size = file.stat().st_size
    with simulator(*crowd) as service:
        sdk = script("sdk_loop.py", "members", str(members * each), environ=service.environ)
    result, pages = ours.results[0], members * math.ceil(each / PAGE)
    bound = pages / QUOTA
    table.add(f"the quota's bound: {pages:,} pages", f"{bound:.1f} s")
    table.add("the official SDK", f"{sdk.seconds:.1f} s, {sdk.peak_mb:.0f} MB of memory")
    table.add("ours", f"{ours.seconds:.1f} s ({ours.cpu:.1f} s of processor)")
    table.add("ours: file, memory", f"{size / 1e6:.1f} MB, {ours.peak_mb:.0f} MB of memory")
    table.add("ours: calls", told_calls(calls))
    table.judge("ours / the bound", ours.seconds / bound, 1.25)
    table.judge("ours / the official SDK", ours.seconds / sdk.seconds, 1.0)
    table.expect("alerts in the file", len({record["id"] for record in records}), members * each)
    table.expect("alerts counted in the result", result["count"], members * each)
    table.expect("accounts told in the result", len(result["accounts"]), members + 1)
    return table


def _list(service: Service, file: Path) -> Took:
    options = {
        **service.connection,
        "accounts": ["all"],
        "dealed": False,
        "fields": FIELDS,
        "result_file": str(file),
        "requests_per_second": QUOTA,
    }
    return play([{f"{COLLECTION}.security_event_info": options}], peak=True)
