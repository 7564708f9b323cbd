#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: List alerts of Alibaba Cloud Security Center
description:
  - Lists alerts with every filter that the service has, newest first unless O(sort_type=asc) asks otherwise.
  - The list moves while it is read. Every alert that was there throughout is in the result exactly once. Only alerts
    that enter and leave in equal number between two pages can't be told.
  - The API call is C(DescribeSuspEvents), and C(DescribeSuspEventDetail) with O(details).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.member
  - alicloud.security_center.planes
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  security_event_ids:
    description:
      - Only these alerts, by event id or by the id of the row. One that does not exist is told in a warning.
    type: list
    elements: str
    aliases: [security_event_id, id]
  dealed:
    description: Only handled alerts (V(true)) or only alerts that are not handled (V(false)). Some detections arrive handled.
    type: bool
  levels:
    description: Only alerts of these urgencies.
    type: list
    elements: str
    choices: [serious, suspicious, remind]
  status:
    description: Only alerts in this status.
    type: str
    choices:
      - pending
      - ignored
      - confirmed
      - false_positive
      - processing
      - handled
      - expired
      - deleted
      - auto_blocking
      - auto_blocked
  parent_event_types:
    description:
      - Only alerts of these types. Types are spelt as the service spells them in O(lang). One that it does not know is
        told in a warning, with those that it knows.
    type: list
    elements: str
    aliases: [event_types]
  event_names:
    description: Only alerts of these subtypes.
    type: list
    elements: str
  search:
    description: Only alerts whose name, or whose asset's name or address, contains this. The API calls it C(Remark).
    type: str
    aliases: [remark]
  asset_name:
    description: Only alerts of the asset with this name. The API calls it C(Name).
    type: str
    aliases: [name]
  uuids:
    description: Only alerts of the servers with these uuids.
    type: list
    elements: str
  group_id:
    description: Only alerts of this asset group.
    type: int
  time_start:
    description:
      - Only alerts that last occurred at this time or later. ISO 8601 with a zone, milliseconds since 1970, or a
        duration before now such as V(24h).
    type: str
  time_end:
    description: Only alerts that last occurred at this time or earlier. Written as O(time_start).
    type: str
  operate_time_start:
    description: Only alerts that were handled at this time or later. Written as O(time_start).
    type: str
  operate_time_end:
    description: Only alerts that were handled at this time or earlier. Written as O(time_start).
    type: str
  operate_error_code_list:
    description: Only alerts whose last handling ended with one of these codes, such as V(ignore.Success).
    type: list
    elements: str
  support_operate_code_list:
    description: Only alerts that support one of these, such as the AI verdict V(AI.real_attack).
    type: list
    elements: str
  assets_type_list:
    description: Only alerts of assets of these types.
    type: list
    elements: str
  cluster_id:
    description: Only alerts of this cluster.
    type: str
  target_type:
    description: What O(uuids) names.
    type: str
    choices: [containerId, uuid, imageUuid]
  container_field_name:
    description: The field that is to have O(container_field_value).
    type: str
    choices:
      - instanceId
      - appName
      - clusterId
      - regionId
      - nodeName
      - namespace
      - clusterName
      - image
      - imageRepoName
      - imageRepoNamespace
      - imageRepoTag
      - imageDigest
  container_field_value:
    description: The value of O(container_field_name).
    type: str
  tactic_id:
    description: Only alerts of this ATT&CK tactic.
    type: str
  unique_info:
    description: Only the alert with this unique key.
    type: str
  alarm_unique_info:
    description: Only the alert event with this unique id.
    type: str
  source:
    description: Only alerts from this source.
    type: str
  detect_source:
    description: Only alerts from this detection source. The vendor's reference calls this filter invalid.
    type: str
  strict_mode:
    description: Only alerts of the strict mode (V(true)), or only others (V(false)).
    type: bool
  multi_account_action_type:
    description: Alerts of the caller's account (V(0)) or of all accounts that it manages (V(1)).
    type: int
    choices: [0, 1]
  source_ali_uids:
    description: Only alerts that arose in these accounts.
    type: list
    elements: str
  resource_directory_account_id:
    description: List the alerts of this member account of the resource directory.
    type: str
  accounts:
    description:
      - List the alerts of these member accounts, or V(all) for those of the caller's own account and of all its members.
      - The service's list of all accounts is used where that takes fewer calls. A member that has no alerts in it is asked
        itself, so that one that can't be read is not taken for one without alerts.
      - A member that can't be read is told in a warning and in RV(accounts), beside the alerts of the others. The task fails
        when none can be read.
    type: list
    elements: str
  source_ip:
    description: The caller's own address, which the API calls C(SourceIp). It filters nothing.
    type: str
  sort_column:
    description: By what handled alerts are sorted. Only with O(dealed=true), where the service's default is C(operateTime).
    type: str
    choices: [lastTime, operateTime]
  sort_type:
    description: In which direction handled alerts are sorted. Only with O(dealed=true).
    type: str
    choices: [asc, desc]
  lang:
    description: The language of the texts that the service returns.
    type: str
    choices: [en, zh]
    default: en
  limit:
    description: How many alerts are returned at most, the first in the order of the list.
    type: int
  fields:
    description: Only these fields of each alert.
    type: list
    elements: str
  details:
    description: Whether to read the details of each alert too, with one more call each.
    type: bool
    default: false
  result_file:
    description:
      - Write the alerts to this file, a line of JSON each, in place of returning them. For listings that are too large for a
        result. With O(accounts), the alerts stand account by account, unless O(limit) is given.
      - The file takes the place of an older one when all is read. It is no change of the alerts, so the task is not
        C(changed). In check mode it is not written.
    type: path
seealso:
  - module: alicloud.security_center.handle_security_events
  - module: alicloud.security_center.security_event_operation_info
"""

EXAMPLES = r"""
- name: List what is serious and not handled
  alicloud.security_center.security_event_info:
    region_id: cn-shanghai
    dealed: false
    levels: [serious]
    time_start: 7d
    fields: [id, security_event_ids, name, instance_name, last_time]
  register: serious

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.id }} {{ item.name }} on {{ item.instance_name }}"
  loop: "{{ serious.security_events }}"
  loop_control:
    label: "{{ item.id }}"

- name: Read one alert in full
  alicloud.security_center.security_event_info:
    region_id: cn-shanghai
    security_event_ids: ["10001"]
    details: true

- name: Write what is open in all accounts and on both data planes to a file
  alicloud.security_center.security_event_info:
    data_planes: both
    accounts: all
    dealed: false
    fields: [id, security_event_ids, level, name, instance_name]
    result_file: "{{ playbook_dir }}/open-alerts.jsonl"
  register: everywhere
"""

RETURN = r"""
security_events:
  description: The alerts, each with all of its fields or those named in O(fields). What the service does not tell is null.
  returned: success, without O(result_file)
  type: list
  elements: dict
  contains:
    id:
      description: The id of the alert's row.
      type: str
    security_event_ids:
      description: The ids of the events to handle.
      type: list
      elements: str
    name:
      description: The full name of the alert.
      type: str
    alarm_event_name:
      description: The name of the alert.
      type: str
    alarm_event_name_display:
      description: The name of the alert in the language asked for.
      type: str
    alarm_event_type:
      description: The type of the alert.
      type: str
    alarm_event_type_display:
      description: The type of the alert in the language asked for.
      type: str
    event_sub_type:
      description: The subtype of the alert.
      type: str
    event_status:
      description: The status by name, such as V(pending).
      type: str
    event_status_code:
      description: The status as the service's number.
      type: int
    level:
      description: The urgency as the service spells it.
      type: str
    level_name:
      description: The urgency as the console names it.
      type: str
    occurrence_time:
      description: When the alert first occurred, ISO 8601 in UTC.
      type: str
    occurrence_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    last_time:
      description: When the alert last occurred, ISO 8601 in UTC.
      type: str
    last_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    operate_time:
      description: When the alert was handled, ISO 8601 in UTC.
      type: str
    operate_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    operate_error_code:
      description: What the last handling did, such as V(ignore.Success).
      type: str
    operate_msg:
      description: The note of the last handling.
      type: str
    can_be_deal_on_line:
      description: Whether the alert can be handled online.
      type: bool
    support_operate_code:
      description: The verdict of the service's AI, such as V(AI.real_attack).
      type: str
    desc:
      description: What the alert means.
      type: str
    details:
      description: The facts of the alert, labelled in the language asked for.
      type: list
      elements: dict
    attacker_addresses:
      description: The attacker's addresses, where the details label them so.
      type: list
      elements: str
    event_notes:
      description: The notes on the alert.
      type: list
      elements: dict
    uuid:
      description: The uuid of the server.
      type: str
    instance_id:
      description: The id of the instance.
      type: str
    instance_name:
      description: The name of the instance.
      type: str
    internet_ip:
      description: The server's public address.
      type: str
    intranet_ip:
      description: The server's private address.
      type: str
    source_ali_uid:
      description: The account in which the alert arose.
      type: str
    app_name:
      description: The application.
      type: str
    cluster_id:
      description: The id of the cluster.
      type: str
    container_id:
      description: The id of the container.
      type: str
    container_image_id:
      description: The id of the container's image.
      type: str
    container_image_name:
      description: The name of the container's image.
      type: str
    image_uuid:
      description: The uuid of the image.
      type: str
    k8s_cluster_id:
      description: The id of the Kubernetes cluster.
      type: str
    k8s_cluster_name:
      description: The name of the Kubernetes cluster.
      type: str
    k8s_namespace:
      description: The Kubernetes namespace.
      type: str
    k8s_node_id:
      description: The id of the Kubernetes node.
      type: str
    k8s_node_name:
      description: The name of the Kubernetes node.
      type: str
    k8s_pod_name:
      description: The name of the Kubernetes pod.
      type: str
    unique_info:
      description: The unique key of the alert.
      type: str
    alarm_unique_info:
      description: The unique id of the alert event.
      type: str
    stages:
      description: The stage of the attack.
      type: str
    tactic_items:
      description: The ATT&CK tactics.
      type: list
      elements: dict
    mark_list:
      description: The tags of the alert.
      type: list
      elements: str
    mark_mis_rules:
      description: The whitelist rule that applies, as the service writes it.
      type: str
    malicious_rule_status:
      description: Whether the rule of the malicious behaviour defence is on.
      type: str
    data_source:
      description: The data source.
      type: str
    detect_source:
      description: The detection source; the vendor calls it invalid.
      type: str
    sale_version:
      description: The edition that detects such alerts.
      type: str
    advanced:
      description: Whether offline analysis made the alert.
      type: bool
    auto_breaking:
      description: Whether automatic defence is on.
      type: bool
    can_cancel_fault:
      description: Whether the mark as a false positive can be taken off.
      type: bool
    contain_hw_mode:
      description: Whether the protection for critical events is on.
      type: bool
    deep_analyze_report_url:
      description: The address of the deep analysis report.
      type: str
    display_sandbox_result:
      description: Whether there is a sandbox result.
      type: bool
    has_trace_info:
      description: Whether there is tracing information.
      type: bool
    large_model:
      description: Whether a large model analysed the alert.
      type: bool
    event_detail:
      description:
        - The details of the alert, as the service tells them apart. Null when the alert is gone by then.
        - Null as well for the alerts of an account whose details can't be read while those of others can, with a warning.
      type: dict
      returned: with O(details=true)
      contains:
        event_name:
          description: The name of the alert.
          type: str
        event_desc:
          description: What the alert means.
          type: str
        event_type_desc:
          description: The type of the alert.
          type: str
        event_status_code:
          description: The status as the service's number.
          type: int
        can_be_deal_on_line:
          description: Whether the alert can be handled online.
          type: bool
        details:
          description: The facts of the alert, each with C(name_display), C(type) and C(value).
          type: list
          elements: dict
    resource_directory_account_id:
      description: The member account that the alert is listed in, as the next module wants it; null for the caller's own.
      returned: with O(accounts)
      type: str
    data_plane:
      description: The data plane that the alert is on, V(china) or V(international).
      returned: with O(data_planes)
      type: str
total_count:
  description: How many alerts the service counts for these filters, in all accounts and on all data planes that were asked.
  returned: success
  type: int
  sample: 42
count:
  description: How many alerts are in the file.
  returned: success, with O(result_file)
  type: int
  sample: 300000
result_file:
  description: The file.
  returned: success, with O(result_file)
  type: str
  sample: /var/lib/responders/alerts.jsonl
accounts:
  description: What was read of each account on each data plane.
  returned: success, with O(accounts) or O(data_planes)
  type: list
  elements: dict
  contains:
    data_plane:
      description: The data plane, V(china) or V(international); null when the endpoint does not tell.
      type: str
    resource_directory_account_id:
      description: The member account; null for the caller's own.
      type: str
    total_count:
      description: How many alerts the service counts; null when the account could not be read.
      type: int
    error:
      description: Why it could not be read, as in RV(error).
      type: dict
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from functools import partial

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.event_info import (
    STATUS_CODES,
    run,
)

OPTIONS = {
    "security_event_ids": {"type": "list", "elements": "str", "aliases": ["security_event_id", "id"]},
    "dealed": {"type": "bool"},
    "levels": {"type": "list", "elements": "str", "choices": ["serious", "suspicious", "remind"]},
    "status": {"type": "str", "choices": list(STATUS_CODES)},
    "parent_event_types": {"type": "list", "elements": "str", "aliases": ["event_types"]},
    "event_names": {"type": "list", "elements": "str"},
    "search": {"type": "str", "aliases": ["remark"]},
    "asset_name": {"type": "str", "aliases": ["name"]},
    "uuids": {"type": "list", "elements": "str"},
    "group_id": {"type": "int"},
    "time_start": {"type": "str"},
    "time_end": {"type": "str"},
    "operate_time_start": {"type": "str"},
    "operate_time_end": {"type": "str"},
    "operate_error_code_list": {"type": "list", "elements": "str"},
    "support_operate_code_list": {"type": "list", "elements": "str"},
    "assets_type_list": {"type": "list", "elements": "str"},
    "cluster_id": {"type": "str"},
    "target_type": {"type": "str", "choices": ["containerId", "uuid", "imageUuid"]},
    "container_field_name": {
        "type": "str",
        "choices": [
            "instanceId",
            "appName",
            "clusterId",
            "regionId",
            "nodeName",
            "namespace",
            "clusterName",
            "image",
            "imageRepoName",
            "imageRepoNamespace",
            "imageRepoTag",
            "imageDigest",
        ],
    },
    "container_field_value": {"type": "str"},
    "tactic_id": {"type": "str"},
    "unique_info": {"type": "str"},
    "alarm_unique_info": {"type": "str"},
    "source": {"type": "str"},
    "detect_source": {"type": "str"},
    "strict_mode": {"type": "bool"},
    "multi_account_action_type": {"type": "int", "choices": [0, 1]},
    "source_ali_uids": {"type": "list", "elements": "str"},
    "resource_directory_account_id": {"type": "str"},
    "accounts": {"type": "list", "elements": "str"},
    "source_ip": {"type": "str"},
    "sort_column": {"type": "str", "choices": ["lastTime", "operateTime"]},
    "sort_type": {"type": "str", "choices": ["asc", "desc"]},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
    "limit": {"type": "int"},
    "fields": {"type": "list", "elements": "str"},
    "details": {"type": "bool", "default": False},
    "result_file": {"type": "path"},
}


task = partial(
    run_module, run, OPTIONS, planes=True, required_together=[("container_field_name", "container_field_value")]
)


def main() -> None:
    task()


if __name__ == "__main__":
    main()
