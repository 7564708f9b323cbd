# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks: what each event of a HandleSecurityEvents comes to, decided when it starts and carried out when it ends.

What else takes its time ends here, too.
"""

from __future__ import annotations

import hashlib

from .catalogue import (
    HOST_OPERATIONS,
    QUARANTINING_OPERATIONS,
    STATUS_AFTER,
    STATUS_AFTER_OTHERS,
    SUCCESS_CODES,
)
from .state import (
    ALL,
    FALSE_POSITIVE,
    HANDLED,
    PENDING,
    PROCESSING,
    Alert,
    BlockRecord,
    MarkRule,
    QuarantinedFile,
    State,
    Task,
    TaskEvent,
    next_id,
)


def start(state: State, task: Task, alerts: dict[int, Alert]) -> None:
    """Put a task to work on ``alerts`` ({event id: its alert}): they are processing until it ends."""
    task.events = [_foreseen(state, task.operation, event_id, alert) for event_id, alert in alerts.items()]
    for alert in alerts.values():
        alert.status = PROCESSING
    state.tasks.append(task)
    state.revision += 1


def settle(state: State) -> None:
    """End the tasks, the way back of quarantined files, the changes of blocks and the blocks whose time has come."""
    now = state.clock.now_ms()
    for task in state.open_tasks():
        if task.ends_ms <= now:
            for event in task.events:
                _end(state, task, event)
            task.ended = True
            state.revision += 1
    for file in state.quarantined_files:
        if file.status == "rollbacking" and file.rollback_ends_ms <= now:
            file.status = "rollbackFailed" if file.rollback_fails or _offline(state, file.uuid) else "rollbackDone"
            state.revision += 1
    _settle_blocks(state, now)


def can_undo(operation: str, alert: Alert) -> bool:
    """Whether the operation is the way back of what was done to the alert."""
    if operation == "rm_mark_mis_info":
        return alert.status == FALSE_POSITIVE
    by_hand = alert.operate_error_code.startswith("manual_handled.")
    return operation == "cancle_manual" and alert.status == HANDLED and by_hand


def _foreseen(state: State, operation: str, event_id: int, alert: Alert) -> TaskEvent:
    pending = alert.status == PENDING and event_id not in alert.done_event_ids
    if operation in alert.results:
        result = f"{operation}.{alert.results[operation]}"
    elif not alert.online or not (can_undo(operation, alert) or (pending and operation in alert.operations)):
        result = f"{operation}.NotSupport"
    elif operation in HOST_OPERATIONS and _offline(state, alert.uuid):
        result = f"{operation}.AgentOffline"
    else:
        return TaskEvent(event_id, alert.id, alert.status, SUCCESS_CODES.get(operation, f"{operation}.Success"), True)
    return TaskEvent(event_id, alert.id, alert.status, result, False)


def _offline(state: State, uuid: str) -> bool:
    asset = state.asset(uuid)
    return asset is not None and asset.client_status == "offline"


def _end(state: State, task: Task, event: TaskEvent) -> None:
    event.status = "Success" if event.succeeds else "Failed"
    alert = state.row(event.alert_id)
    if alert is None:  # edited away meanwhile
        return
    if event.succeeds:
        _carry_out(state, task, event, alert)
    elif event.status_before != PROCESSING and alert.status == PROCESSING:
        alert.status = event.status_before
    if not event.result.endswith(".NotSupport"):
        alert.operate_error_code, alert.operate_message = event.result, task.remark
        alert.operate_ms = task.ends_ms


def _carry_out(state: State, task: Task, event: TaskEvent, alert: Alert) -> None:
    count = state.handled.get(str(event.event_id), 0)
    state.handled[str(event.event_id)] = count + 1
    status = STATUS_AFTER.get(task.operation, STATUS_AFTER_OTHERS)
    if status == PENDING:
        alert.done_event_ids = []
    elif event.event_id not in alert.done_event_ids:
        alert.done_event_ids.append(event.event_id)
    # A row of several events is handled when all of them are.
    alert.status = status if status == PENDING or set(alert.done_event_ids) == set(alert.event_ids) else PENDING
    if task.operation == "advance_mark_mis_info":  # mark_mis_info is for this one alert, and leaves no rule
        _replace_rules(state, alert, task.mark_rules)
    elif task.operation == "rm_mark_mis_info":
        if state.settings.rm_mark_mis_info_deletes_rules:
            _replace_rules(state, alert, [])
    elif task.operation == "block_ip":
        _block(state, alert, task.parameters["expireTime"])
    elif task.operation in QUARANTINING_OPERATIONS:
        _quarantine(state, task, alert)


def _replace_rules(state: State, alert: Alert, rules: list[MarkRule]) -> None:
    """Let ``rules`` be all those that hold for the alert; one that is there already keeps its id."""
    wanted = {(rule.field, rule.operate, rule.field_value, rule.uuid == ALL) for rule in rules}
    for rule in state.rules_of(alert):
        if (rule.field, rule.operate, rule.field_value, rule.uuid == ALL) not in wanted:
            state.whitelist_rules.remove(rule)
    for one in rules:
        state.add_rule(alert, one)


def _block(state: State, alert: Alert, expire_ms: int) -> None:
    """No document says which record block_ip makes: here a custom one for the alert's server, or that it is added to."""
    wanted = (alert.account_id, alert.plane, alert.attacker_ip, "in")
    for record in state.block_records:
        if (record.account_id, record.plane, record.block_ip, record.bound) == wanted:
            break
    else:
        record = BlockRecord(next_id(state.block_records, 700001), alert.account_id, alert.attacker_ip, expire_ms)
        record.source, record.plane = "alert", alert.plane
        state.block_records.append(record)
    record.expire_ms = max(record.expire_ms, expire_ms)
    record.enabled = True
    if alert.uuid and alert.uuid not in record.uuids:
        record.uuids.append(alert.uuid)
    settle_block(state, record)


def settle_block(state: State, record: BlockRecord) -> None:
    """The servers of a block record do as it says; one whose agent is offline can't."""
    record.ends_ms, record.errors = 0, {}
    if not record.enabled:
        record.enabled_uuids = []
        return
    assets = {uuid: state.asset(uuid) for uuid in record.uuids}
    offline = [uuid for uuid, asset in assets.items() if asset is None or asset.client_status == "offline"]
    record.errors = dict.fromkeys(offline, "AliNetNotOnline")
    record.enabled_uuids = [uuid for uuid in record.uuids if uuid not in offline]


def _settle_blocks(state: State, now: int) -> None:
    for record in state.block_records:
        if record.enabled and record.expire_ms <= now:
            record.enabled, record.ends_ms = False, now
        if record.ends_ms and record.ends_ms <= now:
            settle_block(state, record)
            state.revision += 1
    for own in state.brute_force_records:
        if own.enabled and own.expire_ms <= now:
            own.enabled = False
            state.revision += 1


def _quarantine(state: State, task: Task, alert: Alert) -> None:
    path = alert.details.get("path")
    # The sub-operations that only kill, killByMd5andPath among them, leave the file.
    if not path or "quara" not in task.parameters.get("subOperation", "quara").lower():
        return
    md5 = alert.details.get("md5", hashlib.md5(path.encode()).hexdigest())
    new_id = next_id(state.quarantined_files, 800001)
    state.quarantined_files.append(
        QuarantinedFile(new_id, alert.account_id, alert.id, alert.uuid, path, md5, task.ends_ms, plane=alert.plane)
    )
