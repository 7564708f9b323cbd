# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed's alerts: handmade ones for each situation that matters, and a storm of equal ones.

Attackers' addresses are of the ranges set aside for documentation (RFC 5737), but for one that is private on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .seed_accounts import (
    BUILD_1,
    CACHE_1,
    CLUSTER_ID,
    DB_1,
    FREE_MEMBER_ACCOUNT,
    FREE_MEMBER_SERVER,
    K8S_NODE_1,
    MEMBER_ACCOUNT,
    MEMBER_SERVER,
    OWN_ACCOUNT,
    WEB_1,
    WEB_2,
)
from .state import DELETED, EXPIRED, FALSE_POSITIVE, HANDLED, IGNORED, PROCESSING, Alert, Note, WhitelistRule

KILLED_ALERT = 10012
STORM_IDS = range(20001, 20121)
_STORM_ADDRESSES = ("192.0.2.45", "192.0.2.99", "198.51.100.77", "198.51.100.140", "192.0.2.201")
_MINUTE_MS = 60_000
_HOUR, _DAY = 60, 1440  # in minutes

_SOFT = ["advance_mark_mis_info", "ignore", "manual_handled"]
_PROCESS = ["kill_process", *_SOFT]
_FILE = ["kill_and_quara", "kill_process", "quara", *_SOFT]
_ADDRESS = ["block_ip", *_SOFT]


def handmade(now: int) -> Iterator[Alert]:
    """One alert for each situation; the row Id is the event id unless ``event_ids`` says otherwise."""
    for alert in (*_pending(), *_closed(), *_special_ids(), *_members()):
        yield _dated(now, **alert)


def storm(now: int) -> Iterator[Alert]:
    """120 attempts at guessing SSH passwords, on two servers, from five addresses, one a minute."""
    for number, row_id in enumerate(STORM_IDS):
        last = len(STORM_IDS) - number
        yield _dated(
            now, id=row_id, ago=(last + 5, last), event_type="Unusual Logon", sub_type="ssh_brute_force",
            name="SSH brute force attempt", name_zh="SSH暴力破解尝试", uuid=(WEB_1, WEB_2)[number % 2],
            description="Many failed SSH logons from one address.", operations=_ADDRESS,
            attacker_ip=_STORM_ADDRESSES[number % len(_STORM_ADDRESSES)],
            details={"user": "root"}, mark_sources={"loginUser": "root"}, tactics=["TA0006"],
        )  # fmt: skip


def whitelist_rules() -> list[WhitelistRule]:
    """One rule for every server, of the kind of alert 10015, and one for web-prod-1 alone, of that of 10014."""
    process = (OWN_ACCOUNT, "Suspicious Process")
    return [
        WhitelistRule(600001, *process, "suspicious_download", "filePath", "contains", "/opt/backup/"),
        WhitelistRule(600002, *process, "suspicious_command", "cmdLine", "contains", "nmap -sn", WEB_1),
    ]


def _dated(
    now: int, *, ago: tuple[int, int], handled_ago: int | None = None, operations: list[str], **fields: Any
) -> Alert:
    """An alert first and last seen ``ago`` minutes, handled ``handled_ago`` minutes ago."""
    first, last = (now - minutes * _MINUTE_MS for minutes in ago)
    handled = 0 if handled_ago is None else now - handled_ago * _MINUTE_MS
    common: dict[str, Any] = {"account_id": OWN_ACCOUNT, "operations": list(operations)}
    return Alert(**(common | fields), occurred_ms=first, last_ms=last, operate_ms=handled)


def _pending() -> Iterator[dict[str, Any]]:
    yield {
        "id": 10001, "ago": (95, 3), "uuid": WEB_1, "level": "serious", "operations": _FILE,
        "event_type": "Malicious Process", "sub_type": "mining_program", "name": "Mining program", "name_zh": "挖矿程序",
        "description": "A process uses the server to mine cryptocurrency.",
        "details": {"path": "/tmp/.cache/xmrig", "md5": "9c1d7f0a2b4e6c8d0f1a3b5c7d9e0f21", "pid": "24117",
                    "command_line": "/tmp/.cache/xmrig -o pool.example.net:3333", "tip": "Look for a cron entry too."},
        "mark_sources": {"filePath": "/tmp/.cache/xmrig", "md5": "9c1d7f0a2b4e6c8d0f1a3b5c7d9e0f21"},
        "tactics": ["TA0002", "TA0040"], "ai_verdict": "AI.real_attack",
    }  # fmt: skip
    yield {
        "id": 10002, "ago": (62, 60), "uuid": WEB_2, "level": "serious", "operations": ["quara", *_SOFT],
        "event_type": "Webshell", "sub_type": "webshell_file", "name": "Webshell file found",
        "name_zh": "发现后门(Webshell)文件", "operations_beyond_edition": ["cleanup"],
        "description": "A script in the web root lets a visitor run commands.",
        "details": {"path": "/var/www/html/uploads/avatar.php", "md5": "b7e23ec29af22b0b4e41da31e868d572"},
        "mark_sources": {"filePath": "/var/www/html/uploads/avatar.php", "md5": "b7e23ec29af22b0b4e41da31e868d572"},
        "tactics": ["TA0003"], "ai_verdict": "AI.real_attack",
    }  # fmt: skip
    yield {
        "id": 10003, "ago": (40, 40), "uuid": WEB_1, "level": "serious", "operations": _ADDRESS,
        "event_type": "Unusual Logon", "sub_type": "ssh_brute_force_success", "name": "Successful SSH brute force",
        "name_zh": "SSH暴力破解成功", "description": "A logon succeeded after many failed ones.",
        "attacker_ip": "198.51.100.23", "details": {"user": "deploy", "location": "unknown"},
        "mark_sources": {"loginUser": "deploy"}, "tactics": ["TA0006"], "ai_verdict": "AI.real_attack",
    }  # fmt: skip
    yield {
        "id": 10004, "ago": (130, 130), "uuid": DB_1, "operations": _ADDRESS,
        "event_type": "Unusual Logon", "sub_type": "login_unusual_location", "name": "Login with unusual location",
        "name_zh": "异地登录", "description": "A logon from a place not seen before.",
        "attacker_ip": "10.0.0.7", "details": {"user": "admin", "location": "LAN"},
        "mark_sources": {"loginUser": "admin"}, "tactics": ["TA0001"], "ai_verdict": "AI.false_positive",
    }  # fmt: skip
    yield {
        "id": 10005, "ago": (200, 190), "uuid": CACHE_1, "level": "serious", "operations": _PROCESS,
        "event_type": "Suspicious Process", "sub_type": "reverse_shell", "name": "Reverse shell",
        "name_zh": "反弹shell", "results": {"kill_process": "ProcessNotExist"},
        "description": "A shell sent its input and output to a remote address. The process has ended since.",
        "details": {"pid": "3391", "command_line": "bash -i", "remote_address": "198.51.100.8:4444"},
        "mark_sources": {"cmdLine": "bash -i"}, "tactics": ["TA0011"],
    }  # fmt: skip
    yield {
        "id": 10006, "ago": (5 * _HOUR, 5 * _HOUR), "uuid": BUILD_1, "operations": _FILE,
        "event_type": "Malicious Script", "sub_type": "malicious_script", "name": "Malicious script executed",
        "name_zh": "恶意脚本代码执行", "description": "A script fetched code and ran it.",
        "details": {"path": "/root/install.sh", "md5": "0cc175b9c0f1b6a831c399e269772661", "pid": "812"},
        "mark_sources": {"filePath": "/root/install.sh"}, "tactics": ["TA0002"],
        "ai_verdict": "AI.Insufficient_information_to_evaluate",
    }  # fmt: skip
    yield {
        "id": 10007, "ago": (25, 20), "uuid": K8S_NODE_1, "level": "serious",
        "event_type": "Container Cluster Exception", "sub_type": "container_escape", "name": "Container escape",
        "name_zh": "容器逃逸", "description": "A process in a container reached the node's file system.",
        "operations": ["kill_container_process", "stop_container", *_SOFT],
        "container": {"cluster_id": CLUSTER_ID, "cluster_name": "prod-cluster", "namespace": "payments",
                      "node_id": "i-bp1k8s0000000001", "node_name": "cn-hangzhou.10.0.3.41",
                      "pod": "payments-api-6c9f7d5b8-x2x7k", "app_name": "payments-api",
                      "container_id": "95878ef8779fae3dd82126812edd910402fc550a72f9bce87e56a4435d018384",
                      "image_name": "registry.example.com/payments/api:1.14.2"},
        "details": {"pid": "77", "command_line": "nsenter -t 1 -m"},
        "mark_sources": {"namespace": "payments", "cmdLine": "nsenter"}, "tactics": ["TA0004"],
    }  # fmt: skip
    yield {
        "id": 10008, "ago": (3 * _HOUR, 3 * _HOUR), "level": "remind", "operations": _SOFT,
        "event_type": "Cloud Threat Detection", "sub_type": "ak_unusual_call", "name": "Unusual use of an access key",
        "name_zh": "AK异常调用", "description": "An access key was used from an address not seen before.",
        "details": {"resource": "acs:ram::user/ci"}, "tactics": ["TA0001"],
    }  # fmt: skip
    yield {
        "id": 10015, "ago": (2 * _DAY, 70), "uuid": DB_1, "level": "remind", "operations": _PROCESS,
        "event_type": "Suspicious Process", "sub_type": "suspicious_download", "name": "Suspicious download",
        "name_zh": "可疑的下载行为", "description": "A process fetched a file from an unusual place.",
        "details": {"command_line": "curl -o /opt/backup/agent.tgz", "pid": "5120"}, "tactics": ["TA0002"],
        "mark_sources": {"cmdLine": "curl -o /opt/backup/agent.tgz", "filePath": "/opt/backup/agent.tgz"},
    }  # fmt: skip


def _closed() -> Iterator[dict[str, Any]]:
    yield {
        "id": 10009, "ago": (95 * _DAY, 94 * _DAY), "uuid": WEB_2, "status": EXPIRED, "operations": _SOFT,
        "event_type": "Suspicious Network Connection", "sub_type": "c2_connection", "tactics": ["TA0011"],
        "name": "Connection to a C2 server", "name_zh": "主动连接C2服务器",
        "description": "The server spoke to an address known for malware.",
        "details": {"remote_address": "192.0.2.200:443"},
    }  # fmt: skip
    yield {
        "id": 10010, "ago": (9 * _HOUR, 9 * _HOUR), "uuid": CACHE_1, "online": False, "operations": _SOFT,
        "event_type": "Sensitive File Tampering", "sub_type": "file_tampering", "name": "Sensitive file changed",
        "name_zh": "敏感文件篡改", "description": "A system file was changed.",
        "details": {"path": "/etc/ld.so.preload"},
    }  # fmt: skip
    yield {
        "id": 10011, "ago": (_DAY, _DAY), "uuid": DB_1, "level": "remind", "status": IGNORED, "operations": _ADDRESS,
        "event_type": "Unusual Logon", "sub_type": "login_unusual_time", "name": "Login at an unusual time",
        "name_zh": "非常用时间登录", "description": "A logon outside of working hours.",
        "attacker_ip": "198.51.100.60",
        "operate_error_code": "ignore.Success", "operate_message": "night shift", "handled_ago": 22 * _HOUR,
    }  # fmt: skip
    yield {
        "id": KILLED_ALERT, "ago": (26 * _HOUR, 21 * _HOUR), "uuid": DB_1, "level": "serious", "status": HANDLED,
        "event_type": "Malicious Process", "sub_type": "worm", "name": "Worm", "name_zh": "蠕虫病毒",
        "description": "A worm ran on the server.", "operations": _FILE,
        "details": {"path": "/tmp/.X11/kworkerds", "md5": "3f2b5c8d9e1a4f60b7c8d9e0f1a2b3c4", "pid": "999"},
        "operate_error_code": "kill_and_quara.Success", "handled_ago": 20 * _HOUR,
    }  # fmt: skip
    yield {
        "id": 10013, "ago": (90, 80), "uuid": WEB_2, "level": "serious", "status": PROCESSING, "operations": _FILE,
        "event_type": "Malicious Process", "sub_type": "trojan", "name": "Trojan", "name_zh": "木马程序",
        "description": "A trojan is being removed.", "details": {"path": "/usr/bin/.sshd", "pid": "4242"},
    }  # fmt: skip
    yield {
        "id": 10014, "ago": (3 * _DAY, 3 * _DAY), "uuid": WEB_1, "level": "remind", "status": FALSE_POSITIVE,
        "event_type": "Suspicious Process", "sub_type": "suspicious_command", "name": "Suspicious command",
        "name_zh": "可疑命令执行", "description": "A command that attackers like to use.", "operations": _PROCESS,
        "operate_error_code": "advance_mark_mis_info.User.Success", "handled_ago": 2 * _DAY,
        "mark_sources": {"cmdLine": "nmap -sn 10.0.1.0/24"},
    }  # fmt: skip
    yield {
        "id": 10016, "ago": (15, 15), "uuid": WEB_1, "level": "remind", "status": HANDLED,
        "event_type": "Precise Defense", "sub_type": "virus_blocked", "name": "Virus blocked", "name_zh": "病毒拦截",
        "description": "The agent stopped a known virus before it ran.", "operations": ["defense_mark_mis_info"],
        "details": {"path": "/tmp/kinsing", "md5": "648effa354b3cbaad87b45f48d59c616"},
    }  # fmt: skip
    yield {
        "id": 10018, "ago": (2 * _DAY, 2 * _DAY), "uuid": WEB_2, "status": HANDLED, "operations": _ADDRESS,
        "event_type": "Unusual Logon", "sub_type": "login_unusual_account", "name": "Login with unusual account",
        "name_zh": "非常用账号登录", "description": "An account that rarely logs on.", "attacker_ip": "192.0.2.150",
        "operate_error_code": "manual_handled.Success", "operate_message": "checked with the owner",
        "handled_ago": _DAY, "notes": [Note(900001, "The owner was travelling.")],
    }  # fmt: skip
    yield {
        "id": 10019, "ago": (4 * _DAY, 4 * _DAY), "uuid": CACHE_1, "level": "remind", "status": DELETED,
        "name": "Deleted alert", "name_zh": "已删除告警", "description": "Removed in the console.", "operations": _SOFT,
    }  # fmt: skip


def _special_ids() -> Iterator[dict[str, Any]]:
    yield {
        "id": 30001, "event_ids": [40001, 40002], "ago": (50, 45), "uuid": K8S_NODE_1, "operations": _PROCESS,
        "event_type": "Suspicious Network Connection", "sub_type": "mining_pool", "tactics": ["TA0040"],
        "name": "Connection to a mining pool", "name_zh": "矿池通信行为", "description": "Two events in one alert.",
        "details": {"remote_address": "192.0.2.77:3333"}, "mark_sources": {"cmdLine": "kdevtmpfsi"},
    }  # fmt: skip
    yield {
        "id": 40001, "event_ids": [10017], "ago": (55, 55), "uuid": CACHE_1, "operations": _PROCESS,
        "event_type": "Suspicious Process", "sub_type": "suspicious_encoding", "name": "Suspicious encoded command",
        "name_zh": "可疑编码命令", "description": "Its row Id is another alert's event id.",
        "details": {"command_line": "echo aWQ= | base64 -d | sh"}, "mark_sources": {"cmdLine": "base64 -d"},
    }  # fmt: skip


def _members() -> Iterator[dict[str, Any]]:
    yield {
        "id": 50001, "account_id": MEMBER_ACCOUNT, "ago": (35, 30), "uuid": MEMBER_SERVER, "level": "serious",
        "event_type": "Webshell", "sub_type": "webshell_file", "name": "Webshell file found",
        "name_zh": "发现后门(Webshell)文件", "description": "A script in the web root lets a visitor run commands.",
        "operations": ["quara", *_SOFT], "details": {"path": "/srv/shop/img.jsp"},
        "mark_sources": {"filePath": "/srv/shop/img.jsp"}, "tactics": ["TA0003"],
    }  # fmt: skip
    yield {
        "id": 60001, "account_id": FREE_MEMBER_ACCOUNT, "ago": (33, 33), "uuid": FREE_MEMBER_SERVER,
        "event_type": "Unusual Logon", "sub_type": "login_unusual_location", "name": "Login with unusual location",
        "name_zh": "异地登录", "description": "A logon from a place not seen before.", "attacker_ip": "198.51.100.99",
        "operations": _SOFT, "operations_beyond_edition": ["block_ip"],
    }  # fmt: skip
