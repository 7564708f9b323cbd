# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our modules put on the wire is what the official SDK's client puts there for the same wishes."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.models import Config

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import Connection, OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    event_info,
    handling,
    operation_info,
    task_info,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from engine import on_one_plane

_CODES = ("ignore", "block_ip", "kill_and_quara", "advance_mark_mis_info")
_SOURCES = [
    {"FiledName": "filePath", "MarkMisValue": "/x", "SupportedMisType": ["strEqual", "contains"]},
    {"FiledName": "loginSourceIp", "MarkMisValue": "198.51.100.23", "SupportedMisType": ["inIpSegment"]},
]
# Enough of an answer for each action that our modules go on to the next.
_ANSWERS: dict[str, dict[str, Any]] = {
    "DescribeSuspEvents": {
        "SuspEvents": [{"Id": 1, "SecurityEventIds": "10001,10002", "EventStatus": 1, "Uuid": "u-1"}],
        "TotalCount": 1,
    },
    "DescribeSecurityEventOperations": {
        "SecurityEventOperationsResponse": [
            {"OperationCode": code, "UserCanOperate": True, "MarkFieldsSource": _SOURCES} for code in _CODES
        ]
    },
    "DescribeCloudCenterInstances": {"Instances": [{"Uuid": "u-1", "Tag": "test", "IntranetIp": "10.0.0.1"}]},
    "DescribeSuspEventDetail": {"Details": [], "AccessCode": "ok"},
    "DescribeNsasSuspEventType": {"EventTypes": [{"Type": "Webshell"}]},
    "HandleSecurityEvents": {"HandleSecurityEventsResponse": {"TaskId": 15411}},
    "DescribeSecurityEventOperationStatus": {
        "SecurityEventOperationStatusResponse": {
            "TaskStatus": "Success",
            "SecurityEventOperationStatuses": [
                {"SecurityEventId": one, "Status": "Success", "ErrorCode": "ignore.Success"}
                for one in ("10001", "10002")
            ],
        }
    },
}


class Recorder(http.server.ThreadingHTTPServer):
    """Answers every action and keeps what was asked: (action, version, parameters)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    def asked(self, action: str) -> list[tuple[str, dict[str, str]]]:
        """Version and parameters of each call of ``action`` since the last question, and forgets all calls."""
        found = [(version, parameters) for name, version, parameters in self.seen if name == action]
        self.seen.clear()
        return found


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        pairs = parse_qsl(urlsplit(self.path).query, True, True) + parse_qsl(body, True, True)
        assert len(pairs) == len(dict(pairs)), "a parameter travels twice"
        action = self.headers["x-acs-action"]
        self.server.seen.append((action, self.headers["x-acs-version"], dict(pairs)))
        content = json.dumps({"RequestId": "r-1", **_ANSWERS[action]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_about: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    server = Recorder()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _ours(recorder: Recorder, run: Any, options: dict[str, Any]) -> None:
    connection = Connection(f"http://127.0.0.1:{recorder.server_port}", requests_per_second=1000)
    client = OpenApiClient(PRODUCT, Credentials("key", "secret"), connection)
    report = Report(check_mode=False, diff=False, environ={}, warn=lambda _text: None)
    recorder.seen.clear()
    run(client, options, report)


def _sdks(recorder: Recorder, action: str, wishes: dict[str, Any]) -> tuple[str, dict[str, str]]:
    keys = {"access_key_id": "key", "access_key_secret": "secret"}
    sdk = Client(Config(endpoint=f"127.0.0.1:{recorder.server_port}", protocol="HTTP", **keys))
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in action).lstrip("_")
    recorder.seen.clear()
    getattr(sdk, snake)(getattr(models, f"{action}Request")(**wishes))
    (asked,) = recorder.asked(action)
    return asked


LIST_ALERTS = on_one_plane(event_info.run)
_LIST = "DescribeSuspEvents"
_PAGE = {"from_": "sas", "current_page": "1", "page_size": "100"}
_HANDLE = {"security_event_ids": ["10001", "10002"]}
_SEND = {**_HANDLE, "wait": False}
_RULE = {"field": "filePath", "operate": "contains", "field_value": "/x & /é告警", "uuid": "ALL"}
_RULE_JSON = '[{"uuid": "ALL", "field": "filePath", "operate": "contains", "fieldValue": "/x & /é告警"}]'


@pytest.mark.parametrize(
    ("options", "wishes"),
    [
        ({}, {}),
        ({"alarm_unique_info": "a"}, {"alarm_unique_info": "a"}),
        ({"asset_name": "web 1"}, {"name": "web 1"}),
        ({"assets_type_list": ["ecs", "rds"]}, {"assets_type_list": ["ecs", "rds"]}),
        ({"cluster_id": "c"}, {"cluster_id": "c"}),
        (
            {"container_field_name": "namespace", "container_field_value": "shop"},
            {"container_field_name": "namespace", "container_field_value": "shop"},
        ),
        ({"dealed": True}, {"dealed": "Y"}),
        ({"dealed": False}, {"dealed": "N"}),
        ({"detect_source": "d"}, {"detect_source": "d"}),
        ({"event_names": ["a", "b c"]}, {"event_names": "a,b c"}),
        ({"group_id": 7}, {"group_id": 7}),
        ({"lang": "zh"}, {"lang": "zh"}),
        ({"levels": ["serious", "remind"]}, {"levels": "serious,remind"}),
        ({"multi_account_action_type": 0}, {"multi_account_action_type": 0}),
        ({"operate_error_code_list": ["ignore.Success", "x"]}, {"operate_error_code_list": ["ignore.Success", "x"]}),
        ({"operate_time_end": "2026-11-22T09:00:00Z"}, {"operate_time_end": "1795338000000"}),
        ({"operate_time_start": "2026-11-22T09:00:00Z"}, {"operate_time_start": "1795338000000"}),
        ({"parent_event_types": ["Webshell", "异常登录"]}, {"parent_event_types": "Webshell,异常登录"}),
        ({"resource_directory_account_id": "1234567890123456"}, {"resource_directory_account_id": 1234567890123456}),
        ({"search": "a+b &=%/é告警\U0001f512"}, {"remark": "a+b &=%/é告警\U0001f512"}),
        ({"dealed": True, "sort_column": "lastTime"}, {"dealed": "Y", "sort_column": "lastTime"}),
        ({"dealed": True, "sort_type": "asc"}, {"dealed": "Y", "sort_type": "asc"}),
        ({"source": "s"}, {"source": "s"}),
        ({"source_ali_uids": ["1", "2"]}, {"source_ali_uids": [1, 2]}),
        ({"source_ip": "192.0.2.1"}, {"source_ip": "192.0.2.1"}),
        ({"status": "false_positive"}, {"status": "8"}),
        ({"strict_mode": True}, {"strict_mode": "Y"}),
        ({"strict_mode": False}, {"strict_mode": "N"}),
        ({"support_operate_code_list": ["AI.real_attack"]}, {"support_operate_code_list": ["AI.real_attack"]}),
        ({"tactic_id": "TA0003"}, {"tactic_id": "TA0003"}),  # the SDK puts it in a form body
        ({"target_type": "uuid", "uuids": ["u-1", "u-2"]}, {"target_type": "uuid", "uuids": "u-1,u-2"}),
        ({"time_start": "2026-11-22T09:00:00Z"}, {"time_start": "2026-11-22 17:00:00"}),
        ({"time_end": "2026-11-22T09:00:00Z"}, {"time_end": "2026-11-22 17:00:00"}),
        ({"unique_info": "u"}, {"unique_info": "u"}),
    ],
    ids=lambda given: ",".join(given) or "nothing",
)
def test_every_filter_travels_as_the_official_sdk_sends_it(recorder, options, wishes):
    _ours(recorder, LIST_ALERTS, options)
    ours = recorder.asked(_LIST)[0]
    assert ours == _sdks(recorder, _LIST, {**_PAGE, **wishes})


def test_the_table_above_holds_every_filter_of_the_api():
    table = test_every_filter_travels_as_the_official_sdk_sends_it.pytestmark[0].args[1]
    sent = {name for _options, wishes in table for name in wishes} | set(_PAGE)
    assert sent == set(vars(models.DescribeSuspEventsRequest())) - {"id"}


@pytest.mark.parametrize(
    ("run", "options", "action", "wishes"),
    [
        pytest.param(
            LIST_ALERTS,
            {"security_event_ids": ["10001"], "lang": "en"},
            _LIST,
            {**_PAGE, "id": 10001, "lang": "en"},
            id="one alert",
        ),
        pytest.param(
            LIST_ALERTS,
            {"details": True, "lang": "en", "source_ip": "192.0.2.1", "resource_directory_account_id": "12"},
            "DescribeSuspEventDetail",
            {
                "from_": "sas",
                "suspicious_event_id": 1,
                "lang": "en",
                "source_ip": "192.0.2.1",
                "resource_directory_account_id": 12,
            },
            id="its details",
        ),
        pytest.param(
            LIST_ALERTS,
            {"parent_event_types": ["x"], "lang": "en", "source_ip": "192.0.2.1", "multi_account_action_type": 1},
            "DescribeNsasSuspEventType",
            {"from_": "sas", "lang": "en", "source_ip": "192.0.2.1", "multi_account_action_type": 1},
            id="the types",
        ),
        pytest.param(
            operation_info.run,
            {"security_event_id": "10001", "lang": "zh", "source_ip": "192.0.2.1"},
            "DescribeSecurityEventOperations",
            {"security_event_id": 10001, "lang": "zh", "source_ip": "192.0.2.1"},
            id="what can be done",
        ),
        pytest.param(
            task_info.run,
            {"task_id": "15411", "security_event_ids": ["10001", "10002"], "source_ip": "192.0.2.1"},
            "DescribeSecurityEventOperationStatus",
            {"task_id": 15411, "security_event_ids": ["10001", "10002"], "source_ip": "192.0.2.1"},
            id="a task",
        ),
        pytest.param(
            handling.run,
            {**_HANDLE, "operation_code": "ignore"},
            "DescribeSecurityEventOperationStatus",
            {"task_id": 15411, "security_event_ids": ["10001", "10002"]},
            id="the task of a handling",
        ),
        pytest.param(
            handling.run,
            {**_SEND, "operation_code": "ignore", "protected_assets": [{"tag": "prod"}], "source_ip": "192.0.2.1"},
            "DescribeCloudCenterInstances",
            {
                "criteria": '[{"name": "uuid", "value": "u-1"}]',
                "logical_exp": "OR",
                "current_page": 1,
                "page_size": 100,
            },
            id="the server of an alert",
        ),
        pytest.param(
            handling.run,
            {**_SEND, "operation_code": "block_ip", "operation_params": {"expire_in": "1d"}},
            "DescribeCloudCenterInstances",
            {
                "criteria": '[{"name": "internetIp", "value": "198.51.100.23"}, {"name": "intranetIp", "value": "198.51.100.23"}]',
                "logical_exp": "OR",
                "current_page": 1,
                "page_size": 100,
            },
            id="the server of an address",
        ),
        pytest.param(
            handling.run,
            {
                **_SEND,
                "operation_code": "ignore",
                "remark": "a+b &=%/é告警\U0001f512",
                "source_ip": "192.0.2.1",
                "resource_directory_account_id": "12",
            },
            "HandleSecurityEvents",
            {
                **_HANDLE,
                "operation_code": "ignore",
                "remark": "a+b &=%/é告警\U0001f512",
                "source_ip": "192.0.2.1",
                "resource_directory_account_id": 12,
            },
            id="ignore for a member",
        ),
        pytest.param(
            handling.run,
            {**_SEND, "operation_code": "block_ip", "operation_params": {"expire_time": 4102444800000}},
            "HandleSecurityEvents",
            {**_HANDLE, "operation_code": "block_ip", "operation_params": '{"expireTime": 4102444800000}'},
            id="block_ip",
        ),
        pytest.param(
            handling.run,
            {
                **_SEND,
                "operation_code": "kill_and_quara",
                "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
            },
            "HandleSecurityEvents",
            {
                **_HANDLE,
                "operation_code": "kill_and_quara",
                "operation_params": '{"subOperation": "killAndQuaraFileByMd5andPath"}',
            },
            id="kill_and_quara",
        ),
        pytest.param(
            handling.run,
            {**_SEND, "operation_code": "advance_mark_mis_info", "mark_miss_param": [_RULE], "mark_batch": True},
            "HandleSecurityEvents",
            {
                **_HANDLE,
                "operation_code": "advance_mark_mis_info",
                "mark_miss_param": _RULE_JSON,
                "mark_batch": "true",
            },
            id="advance_mark_mis_info",
        ),
    ],
)
def test_every_call_travels_as_the_official_sdk_sends_it(recorder, run, options, action, wishes):
    _ours(recorder, run, options)
    ours = recorder.asked(action)
    assert ours[:1] == [_sdks(recorder, action, wishes)]
