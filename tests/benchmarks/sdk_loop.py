# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK as its user would call it for many alerts: one call after the other, waiting when it is throttled.

``handle COUNT`` handles so many alerts in batches of 20 and asks each task until it has ended. ``list COUNT`` lists so
many and keeps the rows, ``list-five COUNT`` of each row five fields. ``members COUNT`` lists so many open alerts of all
member accounts, and keeps five fields.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ThrottlingException
from alibabacloud_tea_openapi.models import Config

FIRST_ID = 1_000_000
BATCH = 20


def main() -> None:
    """Do what the command line says; fail when not everything was done."""
    client = _client()
    match sys.argv[1:]:
        case "handle", count:
            handle(client, [str(FIRST_ID + number) for number in range(int(count))])
        case "list", count:
            rows = pages(client, lambda row: row)
            assert len(rows) == int(count)
        case "list-five", count:
            rows = pages(client, five_fields)
            assert len(rows) == int(count)
        case "members", count:
            assert len(of_all_members(client)) == int(count)
        case _:
            raise SystemExit(__doc__)


def handle(client: Client, ids: list[str]) -> None:
    """Handle all, and wait until each task has succeeded."""
    tasks = []
    for first in range(0, len(ids), BATCH):
        batch = ids[first : first + BATCH]
        request = models.HandleSecurityEventsRequest(operation_code="ignore", security_event_ids=batch)
        answer = patiently(client.handle_security_events, request)
        tasks.append((answer.body.handle_security_events_response.task_id, batch))
    for task_id, batch in tasks:
        request = models.DescribeSecurityEventOperationStatusRequest(task_id=task_id, security_event_ids=batch)
        while True:
            answer = patiently(client.describe_security_event_operation_status, request)
            status = answer.body.security_event_operation_status_response.task_status
            if status not in ("Pending", "Processing"):
                break
            time.sleep(0.5)
        assert status == "Success", status


def five_fields(row: Any) -> list[Any]:
    """What is kept of a row where not all of it is."""
    return [row.id, row.name, row.level, row.instance_name, row.last_time]


def of_all_members(client: Client) -> list[Any]:
    """Five fields of every open alert, one account after the other."""
    rows: list[Any] = []
    for account in client.describe_monitor_accounts().body.account_ids:
        page = total = 1
        while (page - 1) * 100 < total:
            request = models.DescribeSuspEventsRequest(
                page_size="100",
                current_page=str(page),
                lang="en",
                from_="sas",
                dealed="N",
                resource_directory_account_id=int(account),
            )
            answer = patiently(client.describe_susp_events, request).body
            rows += map(five_fields, answer.susp_events)
            total = answer.total_count
            page += 1
    return rows


def pages(client: Client, keep: Callable[[Any], Any]) -> list[Any]:
    """What ``keep`` makes of every row."""
    rows: list[Any] = []
    page = 1
    while True:
        request = models.DescribeSuspEventsRequest(page_size="100", current_page=str(page), lang="en", from_="sas")
        found = patiently(client.describe_susp_events, request).body.susp_events
        if not found:
            return rows
        rows += map(keep, found)
        page += 1


def patiently(call: Callable[[Any], Any], request: Any) -> Any:
    """The answer, after as many pauses as throttling asks for."""
    while True:
        try:
            return call(request)
        except ThrottlingException as error:
            time.sleep(error.retry_after / 1000)


def _client() -> Client:
    address = urlsplit(os.environ["SIMULATOR_ENDPOINT"])
    return Client(
        Config(
            access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            endpoint=address.netloc,
            protocol=address.scheme.upper(),
        )
    )


if __name__ == "__main__":
    main()
