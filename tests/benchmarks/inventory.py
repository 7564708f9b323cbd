# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory ``assets`` of very many servers, from the service and from the cache."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from .harness import COLLECTION, PACE, PAGE, QUOTA, Service, Took, ansible_inventory, simulator, told_calls
from .report import Table
from .sizes import Sizes

ONE_HOST = "shop-frontend-prod-000"
_HOW = """`ansible-inventory --host` over {servers:,} servers, {alerts:,} of which have an alert, all of them hosts, with
every group and variable of ours; from a service that answers after 50 ms and takes 10 calls a second of each action;
`requests_per_second: 10`. Alerts and servers are read at once, so the bound is the pages of servers over the quota, plus
what the whole command takes with a plugin that only adds the same hosts, groups and variables, out of a file. The first
run fills the cache (jsonfile). The static inventory has the same hosts, groups and variables in JSON, which Ansible reads
faster than YAML. The peers take turns, {rounds} times each: the figures are the medians."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    how = _HOW.format(servers=sizes.servers, alerts=sizes.servers_with_alerts, rounds=sizes.inventory_rounds)
    table = Table("the servers as an inventory", how)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        many = ("--servers", str(sizes.servers), "--with-alerts", str(sizes.servers_with_alerts))
        with simulator(*many, *PACE) as service:
            ours = _our_file(folder, service)
            first = ansible_inventory(ours, "--host", ONE_HOST)
            calls = service.calls()
            told = folder / "told.json"
            ansible_inventory(ours, "--list", "--output", str(told))
        static = folder / "static.json"
        listed = json.loads(told.read_text(encoding="utf-8"))
        static.write_text(json.dumps(_static(listed)), encoding="utf-8")
        turns = [_turn(ours, static) for _number in range(sizes.inventory_rounds)]
    bound = math.ceil(sizes.servers / PAGE) / QUOTA
    table.add("the quota's bound", f"{bound:.1f} s")
    table.add("ours", f"{first.seconds:.1f} s ({first.cpu:.1f} s of processor)")
    medians = []
    for place, peer in enumerate(("ours, from the cache", "a static inventory", "a plugin that only adds the hosts")):
        medians.append(median(turn[place].seconds for turn in turns))
        processor = median(turn[place].cpu for turn in turns)
        table.add(peer, f"{medians[-1]:.1f} s ({processor:.1f} s of processor)")
    of_cache, of_file, added = medians
    table.add("our calls", told_calls(calls))
    table.judge("ours / the bound and the adding", first.seconds / (bound + added), 1.2)
    table.judge("ours from the cache / the static inventory", of_cache / of_file, 1.1)
    table.expect("hosts", len(listed["_meta"]["hostvars"]), sizes.servers)
    table.expect(
        "hosts with alerts",
        len({*listed["level_serious"]["hosts"], *listed["level_suspicious"]["hosts"]}),
        sizes.servers_with_alerts,
    )
    return table


def _our_file(folder: Path, service: Service) -> Path:
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder / "kept")}
    options = {"plugin": f"{COLLECTION}.assets", "with_alerts": False, "requests_per_second": QUOTA, **kept}
    path = folder / "security_center_assets.yml"
    path.write_text(json.dumps({**options, **service.connection}), encoding="utf-8")
    return path


def _turn(ours: Path, static: Path) -> tuple[Took, Took, Took]:
    """Ours from the cache, the static inventory, and the plugin that only adds."""
    by_plugin = ((ours, "auto"), (static, "yaml"), (static, "carried"))
    cached, from_file, added = (
        ansible_inventory(path, "--host", ONE_HOST, plugin=plugin) for path, plugin in by_plugin
    )
    return cached, from_file, added


def _static(listed: dict[str, Any]) -> dict[str, Any]:
    """What ``ansible-inventory --list`` told, as a static inventory."""
    groups = {name: {"hosts": dict.fromkeys(group.get("hosts", ()))} for name, group in listed.items() if name not in ("_meta", "all")}  # fmt: skip
    return {"all": {"hosts": {name: _plain(host) for name, host in listed["_meta"]["hostvars"].items()}, "children": groups}}  # fmt: skip


def _plain(value: Any) -> Any:
    """A value without the marks of what is untrusted."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe", {name: _plain(one) for name, one in value.items()})
    return [_plain(one) for one in value] if isinstance(value, list) else value
