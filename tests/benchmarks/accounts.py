# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hundreds of member accounts as hosts: what a handling task on each costs beside the same play with ping."""

from __future__ import annotations

from statistics import median

from simulator.seed_crowd import FIRST_ID, FIRST_MEMBER

from .harness import COLLECTION, Hosts, Service, Task, Took, play, simulator
from .report import Table
from .sizes import Sizes

FORKS = 20
PEERS = PING, OURS = ("ansible.builtin.ping", "handle_security_events")
_HOW = """{accounts} member accounts as hosts, of the inventory `member_accounts`; one task on each, {forks} at once,
gather_facts off, with Ansible's own settings (no pipelining). The whole playbook counts, with Ansible's start, the
inventory, and what is shown of each host. Each account has one alert, which ours reads, handles and follows to its
outcome, with the module's defaults. The service answers at once and has no quota. The peers take turns, {rounds} times:
the figure is the median, behind the ratio stand its range over the turns and the ratio of the processor's time."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    how = _HOW.format(accounts=sizes.members, forks=FORKS, rounds=sizes.member_rounds)
    table = Table("member accounts as hosts", how)
    rounds, ends = [], []
    for _number in range(sizes.member_rounds):
        with simulator("--members", str(sizes.members), "--alerts-each", "1") as service:
            rounds.append(_round(service))
            ends.append((service.handled_once(), service.calls()))
    handled, calls = min(ends, key=lambda end: end[0])
    wall, cpu = (
        {peer: [getattr(took[peer], what) for took in rounds] for peer in PEERS} for what in ("seconds", "cpu")
    )
    for peer in PEERS:
        table.add(peer, f"{median(wall[peer]):.1f} s ({median(cpu[peer]):.1f} s of processor)")
    turns = [ours / theirs for ours, theirs in zip(wall[OURS], wall[PING], strict=True)]
    note = f" ({min(turns):.2f} to {max(turns):.2f}; processor {median(cpu[OURS]) / median(cpu[PING]):.2f})"
    table.judge("ours / ping", median(wall[OURS]) / median(wall[PING]), 1.35, note=note)
    table.expect("accounts whose alert was handled exactly once, as the service knows", handled, sizes.members)
    table.judge("our calls an account", (calls.total() - calls["DescribeMonitorAccounts"]) / sizes.members, 4)
    return table


def _round(service: Service) -> dict[str, Took]:
    """Every peer once; of these only ours handles alerts."""
    options = {"plugin": f"{COLLECTION}.member_accounts", **service.connection}
    hosts = Hosts("member_accounts.yml", options, FORKS)
    # Each has one alert; that of the first account is the first.
    its_alert = f"{{{{ resource_directory_account_id | int - {FIRST_MEMBER} + {FIRST_ID} }}}}"
    handle = {
        **service.connection,
        "resource_directory_account_id": "{{ resource_directory_account_id }}",
        "security_event_ids": [its_alert],
        "operation_code": "ignore",
    }
    tasks: dict[str, Task] = {
        PING: {"ansible.builtin.ping": {}},
        OURS: {f"{COLLECTION}.handle_security_events": handle},
    }
    return {peer: play([task], hosts=hosts) for peer, task in tasks.items()}
