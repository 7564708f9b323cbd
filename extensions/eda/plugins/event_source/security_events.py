# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_events
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Receive new alerts of Alibaba Cloud Security Center
description:
  - An ansible-rulebook event source. Each new alert becomes one event, within about half of O(interval), through restarts and for as
    long as ansible-rulebook runs.
  - An event is the record that M(alicloud.security_center.security_event_info) returns, with C(meta.uuid), which stays the same for an
    alert and its state, and C(meta.hosts), see O(hostnames). With O(accounts) it has C(resource_directory_account_id) as well, with
    O(data_planes) C(data_plane).
  - An alert is delivered again, with another C(meta.uuid), when its level has changed while it is open, or when it has occurred again
    after it was handled. A handling that failed, or was taken back, is no event, so that no rule starts itself again.
  - Alert texts come from attackers, and ansible-playbook would evaluate templates in them. So in each text of an event a space parts
    C({) from a following C({), C(%) or C(#), C(#) from C(jinja2:) and C($) from C(ANSIBLE_VAULT), and control characters but line
    breaks and tabs, and those beyond C(U+FFFF), are written out, such as C(\x1b) and C(\U0001f600).
  - Throttling, faults of the service, dead networks and expired tokens are waited out, with growing pauses and a line in the log. What
    waiting does not heal, such as a wrong key or a missing permission, ends the source with a sentence.
  - The API call is C(DescribeSuspEvents), and C(DescribeSuspEventDetail) with O(details), by the permissions of
    M(alicloud.security_center.security_event_info).
requirements:
  - requests and ansible-core, for the Python that runs ansible-rulebook
options:
  access_key_id:
    description:
      - The id of the access key.
      - A set of credentials is taken whole from the first place that names one. The options O(access_key_id), O(access_key_secret)
        and O(security_token) come first, or O(profile) or O(ecs_role_name) in place of them.
      - Then come the environment variables E(ALIBABA_CLOUD_ACCESS_KEY_ID), E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and
        E(ALIBABA_CLOUD_SECURITY_TOKEN), then E(ALICLOUD_ACCESS_KEY) (or E(ALICLOUD_ACCESS_KEY_ID)), E(ALICLOUD_SECRET_KEY) (or
        E(ALICLOUD_SECRET_ACCESS_KEY)) and E(ALICLOUD_SECURITY_TOKEN).
      - Then an OIDC login by E(ALIBABA_CLOUD_OIDC_PROVIDER_ARN), E(ALIBABA_CLOUD_OIDC_TOKEN_FILE) and E(ALIBABA_CLOUD_ROLE_ARN), and
        what one of E(ALIBABA_CLOUD_PROFILE) (or E(ALICLOUD_PROFILE)), E(ALIBABA_CLOUD_CREDENTIALS_FILE),
        E(ALIBABA_CLOUD_ECS_METADATA) (or E(ALICLOUD_ECS_ROLE_NAME)) and E(ALIBABA_CLOUD_CREDENTIALS_URI) names, in this order.
      - Last come the current profile in C(~/.aliyun/config.json), the section C(default) in C(~/.alibabacloud/credentials.ini), and the
        role of the ECS instance that ansible-rulebook runs on.
      - With C(-v) the log tells by which method the source has logged in.
    type: str
    aliases: [alicloud_access_key, access_key]
  access_key_secret:
    description:
      - The secret of the access key. See O(access_key_id) for what is used when it is not given.
    type: str
    aliases: [alicloud_secret_key, secret_access_key, secret_key]
  security_token:
    description:
      - The security token, for temporary credentials. See O(access_key_id) for what is used when it is not given.
    type: str
    aliases: [alicloud_security_token]
  profile:
    description:
      - The profile in C(~/.aliyun/config.json), the file of the Alibaba Cloud CLI, by which to log in. It may have each mode that the
        Python library C(alibabacloud_credentials) knows.
      - It excludes O(access_key_id) and O(ecs_role_name). See O(access_key_id) for what is used when it is not given.
    type: str
  ecs_role_name:
    description:
      - The RAM role of the ECS instance that ansible-rulebook runs on, by whose credentials to log in.
      - It excludes O(access_key_id) and O(profile). See O(access_key_id) for what is used when it is not given.
    type: str
  role_arn:
    description:
      - The RAM role to assume on top of the login, such as V(acs:ram::1234567890123456:role/security-responder). It is assumed once in
        a task, and its session is renewed before it ends.
      - The environment variable E(ALIBABA_CLOUD_ROLE_ARN) is used when it is not given, unless it names the role of an OIDC login.
    type: str
    aliases: [assume_role_arn]
  role_session_name:
    description:
      - The name of the session under the role, which ActionTrail shows. It has 2 to 64 of letters, digits and C(. @ - _).
      - When it is not given, the environment variable E(ALIBABA_CLOUD_ROLE_SESSION_NAME) is used, and when that is not set,
        V(ansible-security-center).
    type: str
    aliases: [assume_role_session_name]
  external_id:
    description:
      - The external id that the trust policy of the role in O(role_arn) asks for.
    type: str
  role_policy:
    description:
      - A RAM policy, as JSON, of 2048 characters at most. The session may do what both this policy and the role allow.
      - Where one role is assumed on top of another it is for the last one. Without a role it is refused, for it would narrow nothing.
    type: str
  role_session_expiration:
    description:
      - Seconds for which a session is asked for, 900 to 43200. The role has a maximum of its own, of 3600 unless it was raised.
    type: int
  sts_endpoint:
    description:
      - The host that is asked for sessions, such as V(sts-vpc.cn-shanghai.aliyuncs.com) inside a VPC. It is C(sts.aliyuncs.com) when this
        is not given.
    type: str
  region_id:
    description:
      - A region of the data plane to ask. Security Center has two data planes, each with alerts of its own.
        V(cn-shanghai) and every other region of mainland China and V(cn-hongkong) lead to one,
        V(ap-southeast-1) and every other region lead to the other.
      - Required, unless O(endpoint) is given.
      - The environment variables E(ALIBABA_CLOUD_REGION_ID), E(ALIBABA_CLOUD_REGION), E(ALICLOUD_REGION) and
        E(ALICLOUD_REGION_ID) are used when it is not given.
    type: str
    aliases: [alicloud_region, region]
  endpoint:
    description:
      - The host to call in place of the one that belongs to O(region_id), such as V(tds.vpc-proxy.aliyuncs.com) from
        inside a VPC.
      - A URL with plain C(http) is accepted for the loopback address only. Redirects are never followed.
    type: str
  timeout:
    description:
      - Seconds to wait for the connection (10 at most), and for each answer as a whole.
    type: float
    default: 30
  max_retries:
    description:
      - How often a call is repeated at most. Reads are repeated after throttling, network errors and faults of the
        service; writes only after an error that proves that nothing was done.
      - A call is not repeated any more two minutes after it was made first.
    type: int
    default: 5
  requests_per_second:
    description:
      - How many calls of one action start in a second at most. The service's quotas count for each account and action,
        for all users of the account together.
      - An action that is throttled all the same gets slower, and recovers.
    type: float
    default: 8
  max_concurrency:
    description:
      - How many calls are under way at once at most, of all actions together.
    type: int
    default: 5
  validate_certs:
    description:
      - Whether the service's certificate is verified. Set it to V(false) only for tests.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory with the certificates of the authorities to trust, in place of the system's.
    type: path
  member_role_name:
    description:
      - The name of a role in the member account O(resource_directory_account_id). It is assumed with the caller's
        credentials, and all calls are made as that role.
      - Then nothing is missing for a member account that the caller's own account has, and the quotas are the member's.
    type: str
  data_planes:
    description:
      - The data planes to ask, in place of the one that O(region_id) or O(endpoint) leads to.
      - V(china) is that of mainland China and Hong Kong, V(international) that of all other regions. V(both) asks both at
        once.
    type: str
    choices: [china, international, both]
  data_plane_endpoints:
    description:
      - Hosts to call in place of those of the data planes, such as those inside a VPC.
    type: dict
    suboptions:
      china:
        description: The host for V(china), such as V(tds.vpc-proxy.aliyuncs.com).
        type: str
      international:
        description: The host for V(international), such as V(tds-intl.vpc-proxy.aliyuncs.com).
        type: str
  levels:
    description: Only alerts of these urgencies.
    type: list
    elements: str
    choices: [serious, suspicious, remind]
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
  resource_directory_account_id:
    description: List the alerts of this member account of the resource directory.
    type: str
  accounts:
    description:
      - List the alerts of these member accounts, or V(all) for those of the caller's own account and of all its members.
      - Each account has a place of its own in O(checkpoint). One that can't be read is told in the log, beside the alerts of the
        others, is asked again each time, and goes on from its place when it can be read.
    type: list
    elements: str
  source_ip:
    description: The caller's own address, which the API calls C(SourceIp). It filters nothing.
    type: str
  lang:
    description: The language of the texts that the service returns.
    type: str
    choices: [en, zh]
    default: en
  details:
    description: Whether to read the details of each alert too, with one more call each.
    type: bool
    default: false
  interval:
    description: Seconds from the beginning of one reading to that of the next, from 1 to 86400.
    type: float
    default: 10
  lookback:
    description:
      - How far before the last reading each reading goes back, for alerts that the service shows late. A duration, from V(2s) to
        V(30d).
      - An alert that the service shows later than this after it last occurred is lost. What was delivered already is not delivered
        again, however far the readings overlap.
    type: str
    default: 1h
  checkpoint:
    description:
      - A file of its own for this source, or a directory in which it is called C(security_events.checkpoint). It is made when it
        is not there. It says up to where alerts were read and which were delivered, so that a restart loses none and repeats none.
      - One source at a time can use it. One that is damaged is refused.
      - Without it the source remembers in memory, and each start is a first one.
    type: path
  start:
    description:
      - Where to begin. What was decided is written to the log at each start.
      - V(checkpoint) goes on from where O(checkpoint) says that alerts were read to. Where it says nothing yet, only what is new from
        now on becomes an event.
      - V(now) takes only what is new from now on, whatever the checkpoint says. What came while the source was away is left out.
      - A time (ISO 8601 with a zone, milliseconds since 1970, or a duration before now such as V(6h)) takes the alerts that last
        occurred since then. Later starts go on from the checkpoint.
    type: str
    default: checkpoint
  include_handled:
    description:
      - Whether an alert that is handled already when it appears becomes an event too. Some detections arrive handled.
      - That an alert is handled after it was delivered is no event.
    type: bool
    default: false
  heartbeat:
    description:
      - Seconds between two events that say that the source is alive, from 1 to 86400. V(0) is for none.
      - Such an event has C(heartbeat), with C(time), C(last_read) (when everything could be read last), C(delivered) (how many alerts
        since the start) and C(problem) (what can't be read now), in place of an alert.
    type: float
    default: 0
  hostnames:
    description:
      - What the server of an alert is called in C(meta.hosts), the first of these that makes a name. ansible-rulebook limits the plays
        of a rule's action to the hosts in it.
      - Give what the inventory calls its hosts after. A name is made safe as the inventory alicloud.security_center.assets does.
      - Servers give themselves their names, and one may bear the name of another host, or of a group. Only the uuid is safe from that.
      - An empty list leaves C(meta.hosts) out, for actions on the hosts of the rule set, such as plays on localhost.
      - An alert of no server has C(no-server.invalid) there, which no inventory has, so that no play runs for it anywhere.
    type: list
    elements: str
    choices: [instance_name, instance_id, internet_ip, intranet_ip, uuid]
    default: [uuid]
  feedback:
    description:
      - Whether to wait for each event until ansible-rulebook has stored it and the actions that it starts, before it counts as delivered.
      - It needs C(--persistence-id) and a database in the variables of ansible-rulebook, and a name for the source. After a crash
        ansible-rulebook runs the actions that had not ended, so that each event's action runs at least once.
      - Write C(;WRITE_DELAY=0) behind the path in C(drools_db_file_path). Without that the embedded database writes later than it says,
        and a process that is killed loses what it has acknowledged in the last second.
      - Without it an event counts as delivered as soon as ansible-rulebook's queue has it. A crash can lose those whose action had
        not ended.
      - No filter of the source may drop events then. What is dropped is never acknowledged.
    type: bool
    default: false
  eda_feedback_queue:
    description: The queue of O(feedback). ansible-rulebook gives it, nobody else has to.
    type: raw
"""

EXAMPLES = r"""
- name: serious_alerts
  alicloud.security_center.security_events:
    region_id: cn-shanghai
    levels: [serious]
    checkpoint: /var/lib/security_center

- name: all_members_on_both_planes
  alicloud.security_center.security_events:
    data_planes: both
    accounts: [all]
    interval: 60
    lookback: 6h
    heartbeat: 300
    checkpoint: /var/lib/security_center/all_members.checkpoint

- name: each_action_at_least_once
  alicloud.security_center.security_events:
    region_id: ap-southeast-1
    include_handled: true
    start: 24h
    feedback: true
    checkpoint: /var/lib/security_center
"""

import asyncio
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_COLLECTION = Path(__file__).resolve().parents[4]
_NAME = "ansible_collections.alicloud.security_center"


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put new alerts into ``queue``, until it is cancelled or can't go on. ``args`` are the options above."""
    _find_collection()
    delivery = importlib.import_module(f"{_NAME}.plugins.plugin_utils.event_delivery")
    await delivery.deliver_events(queue, args)


def _find_collection() -> None:
    """Let Python find the rest of the collection by Ansible's name for it: ansible-rulebook knows this file alone."""
    parts = _NAME.split(".")
    folders = (_COLLECTION.parents[1], _COLLECTION.parent, _COLLECTION)
    for count, folder in enumerate(folders, start=1):
        name = ".".join(parts[:count])
        if name not in sys.modules:
            sys.modules[name] = module = ModuleType(name)
            module.__path__ = [str(folder)]
