# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What a module that writes must never do; GUARD_RAIL_OPTIONS in module_utils/_module.py is its other half."""

    DOCUMENTATION = r"""
options:
  protected_assets:
    description:
      - Assets whose alerts are never handled. Each entry protects the assets for which all of its keys match.
      - Each key takes one text. Write an entry for each asset, and put numbers into quotes.
      - An alert whose asset can't be resolved while an entry needs it is refused.
    type: list
    elements: dict
    suboptions:
      uuid:
        description: The server's uuid.
        type: raw
      instance_id:
        description: The id of the instance.
        type: raw
      name:
        description: The name of the instance, in any case; V(*) stands for any text, V(?) for one character.
        type: raw
      address:
        description: One of the server's addresses, or a network such as V(10.1.0.0/16).
        type: raw
      tag:
        description: A tag of the server in Security Center.
        type: raw
      group:
        description: The id or the path of the asset group.
        type: raw
      account:
        description: The account that owns the asset.
        type: raw
      cluster:
        description: The id or name of the Kubernetes cluster.
        type: raw
      namespace:
        description: The Kubernetes namespace.
        type: raw
  never_block:
    description:
      - Addresses and networks that are never blocked.
      - V(private) stands for the private and local networks, V(own_assets) for the addresses of the account's own
        servers, on each data plane that the task asks.
      - An alert whose attacker's address the service does not tell is refused while there is any entry.
    type: list
    elements: str
    default: [private, own_assets]
  allowed_operations:
    description:
      - The operation codes that may be used.
    type: list
    elements: str
    choices:
      - block_ip
      - advance_mark_mis_info
      - ignore
      - manual_handled
      - kill_process
      - cleanup
      - kill_and_quara
      - disable_malicious_defense
      - client_problem_check
      - quara
      - defense_mark_mis_info
      - rm_defense_mark_mis_info
      - rm_mark_mis_info
      - cancle_manual
      - virus_quara
      - offline_handled
      - virus_quara_bin
      - kill_virus
      - stop_container
      - kill_container_process
      - mark_mis_info
    default:
      - block_ip
      - advance_mark_mis_info
      - ignore
      - manual_handled
      - kill_process
      - cleanup
      - kill_and_quara
      - client_problem_check
      - quara
      - defense_mark_mis_info
      - rm_defense_mark_mis_info
      - rm_mark_mis_info
      - cancle_manual
      - virus_quara
      - offline_handled
      - virus_quara_bin
      - kill_virus
      - stop_container
      - kill_container_process
      - mark_mis_info
  max_events:
    description:
      - How many alerts may be sent at most. A task that comes to more fails before anything is sent.
      - When it becomes known only later, because of many ids one is a row of several events, such rows are refused.
    type: int
    default: 100
  max_events_per_asset:
    description:
      - How many alerts of one server may be sent at most. When there are more, all of that server are refused.
    type: int
  max_share:
    description:
      - How many percent of all open alerts of the account may be sent at most, such as V(20). When there are more to send,
        all of them are refused.
      - What is sent is counted as for O(max_events). The open alerts are counted by the service when the task decides,
        which takes one more call. Of two data planes each is counted by itself.
      - It limits the handling of alerts. Taking back what was done is not limited by it.
    type: float
  time_window:
    description:
      - The times of the week in which anything may be written, such as V(Mon-Fri 22:00-06:00 +08:00),
        V(Sat,Sun 00:00-24:00 Z) or V(12:00-13:30 -05:00). Outside of them alerts are refused, and a module that writes
        something else fails; what needs no change is no failure. Check mode tells the same.
      - The days may be left out. A zone is required, V(Z) for UTC or an offset. A time that ends before it starts goes on
        after midnight, and belongs to the day on which it starts.
      - It must be within one of these times, and within one of those of each guard rails file.
      - The clock is the service's. It is read when a task decides; what was begun in time is brought to its end.
        The fallback operation of a policy's rule is begun anew.
    type: list
    elements: str
  guardrails_file:
    description:
      - A YAML file with any of O(protected_assets), O(never_block), O(allowed_operations), O(max_events),
        O(max_events_per_asset), O(max_share) and O(time_window). It tightens what the options say and never loosens it.
      - The file named by the environment variable E(SECURITY_CENTER_GUARDRAILS) holds as well, so that an AWX
        credential or an execution environment can impose it. The variable is read where the module runs. Who writes
        the playbook can change the environment of a task, so this guards against slips and not against authors.
      - A file that can't be read or is not valid fails the task before anything is sent.
      - Needs PyYAML where the module runs.
    type: path
"""
