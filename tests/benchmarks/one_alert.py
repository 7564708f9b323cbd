# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One alert in one task, many times: what a task costs beside the least that anybody could do."""

from __future__ import annotations

from statistics import median

from .harness import COLLECTION, Service, Task, Took, play, simulator, uri_task
from .report import Table
from .sizes import Sizes
from .start_up import start_up

_FIRST_ID = 20001  # of the seed's alerts that are alike
EMPTY = "the empty playbook"
PEERS = PING, BARE, URI, SDK, OURS = (
    "ansible.builtin.ping",
    "a bare module with requests",
    "ansible.builtin.uri",
    "the official SDK",
    "handle_security_events",
)
_HOW = """{tasks} tasks in a loop, each for another alert, gather_facts off, on localhost, with Ansible's own settings
(no pipelining); the empty playbook is subtracted. The peers take turns, {rounds} times: the figure is the median,
behind a ratio stand its range over the turns and the ratio of the processor's time, which other work on the machine
disturbs less. `uri` sends a call that was signed beforehand. Ours runs with `wait: false` and `check_operations:
never`; alone among them it reads the alert before it acts, and on localhost it needs no process of its own: the worker of
Ansible runs it. The last lines say what the processor does elsewhere before a module begins: Python compiles what comes from
the controller anew for each task, and keeps what is installed."""


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    table = Table("one alert in one task", _HOW.format(tasks=sizes.tasks, rounds=sizes.rounds))
    for scheme in sizes.schemes:
        with simulator(*["--tls"] * (scheme == "https")) as service:
            _measure_scheme(table, service, sizes, scheme)
    took = start_up(sizes.rounds)
    lines = took.pop("lines of it")
    for name, milliseconds in took.items():
        note = f", {lines:,.0f} lines compiled from source" if name == "this collection" else ""
        table.add(f"import of {name}", f"{milliseconds:.0f} ms of processor{note}")
    return table


def _measure_scheme(table: Table, service: Service, sizes: Sizes, scheme: str) -> None:
    rounds = [_round(service, sizes.tasks) for _number in range(sizes.rounds)]
    calls = service.calls().total() / sizes.tasks
    wall, cpu = ({peer: _per_task(rounds, peer, what, sizes.tasks) for peer in PEERS} for what in ("seconds", "cpu"))
    for peer in PEERS:
        table.add(f"{scheme}: {peer}", f"{median(wall[peer]):.0f} ms a task ({median(cpu[peer]):.0f} ms of processor)")
    for peer, limit in ((BARE, 1.15), (URI, 1.0), (SDK, 1 / 3)):
        turns = [ours / theirs for ours, theirs in zip(wall[OURS], wall[peer], strict=True)]
        note = f" ({min(turns):.2f} to {max(turns):.2f}; processor {median(cpu[OURS]) / median(cpu[peer]):.2f})"
        table.judge(f"{scheme}: ours / {peer}", median(wall[OURS]) / median(wall[peer]), limit, note=note)
    table.judge(f"{scheme}: our calls a task", calls, 3)


def _round(service: Service, count: int) -> dict[str, Took]:
    """Every peer once, ours as the last: the calls that are left at the end are ours."""
    ids = [str(_FIRST_ID + number) for number in range(count)]
    one = {**service.connection, "operation_code": "ignore"}
    ours = {"security_event_ids": ["{{ item }}"], "wait": False, "check_operations": "never"}
    tasks: dict[str, list[Task]] = {
        EMPTY: [],
        PING: [{"ansible.builtin.ping": {}, "loop": ids}],
        BARE: [{"bare": {**one, "security_event_id": "{{ item }}"}, "loop": ids}],
        URI: [uri_task(service, [[event_id] for event_id in ids])],
        SDK: [{"official_sdk": {**one, "security_event_id": "{{ item }}"}, "loop": ids}],
        OURS: [{f"{COLLECTION}.handle_security_events": {**one, **ours}, "loop": ids}],
    }
    took = {}
    for peer, peers_tasks in tasks.items():
        service.reset()
        took[peer] = play(peers_tasks)
    return took


def _per_task(rounds: list[dict[str, Took]], peer: str, what: str, tasks: int) -> list[float]:
    """What a task of a peer took in each round, in milliseconds, the empty playbook subtracted."""
    return [1000 * (getattr(took[peer], what) - getattr(took[EMPTY], what)) / tasks for took in rounds]
