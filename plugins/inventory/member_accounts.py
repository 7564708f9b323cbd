# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: member_accounts
short_description: Member accounts of Alibaba Cloud Security Center as hosts
version_added: "0.1.0"
author:
  - alicloud.security_center contributors (@alicloud-security-center)
description:
  - Makes a host of each member account that the caller manages, so that forks, C(serial), strategies and job slicing spread the
    work over accounts.
  - Each host has a local connection and the Python that runs Ansible. No host is ever connected to.
  - The host's name is the account's id. Its variables are C(resource_directory_account_id), which is what the modules' option of
    that name takes, C(sas_version), C(edition), C(add_time) and C(post_basic_service), as
    M(alicloud.security_center.monitor_account_info) returns them.
  - All hosts are in the group C(security_center_accounts), and in one of C(edition_free), C(edition_anti_virus), C(edition_advanced),
    C(edition_enterprise), C(edition_ultimate) and C(edition_unknown).
  - The file's name ends in C(member_accounts.yml) or C(member_accounts.yaml).
extends_documentation_fragment:
  - alicloud.security_center.connection_plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [alicloud.security_center.member_accounts]
  accounts:
    description:
      - The ids of the member accounts to take, or V(all), which is also what is taken when it is not given.
      - An id that is not among the member accounts, such as that of an account that has left, is warned of.
    type: list
    elements: str
  editions:
    description:
      - The editions of Security Center whose accounts are taken, all when it is not given. Some calls are not permitted on V(free).
    type: list
    elements: str
    choices: [free, anti-virus, advanced, enterprise, ultimate]
  own_account:
    description:
      - Whether the caller's own account is a host too. It is called C(own_account), is in no group of an edition, and its
        C(resource_directory_account_id) is null.
    type: bool
    default: false
seealso:
  - module: alicloud.security_center.monitor_account_info
  - ref: ansible_collections.alicloud.security_center.docsite.guide_five_hundred_accounts
    description: Five hundred accounts, with a worked playbook and figures.
"""

EXAMPLES = r"""
# The file member_accounts.yml
plugin: alicloud.security_center.member_accounts
region_id: cn-shanghai

---
# Only those that can handle alerts, and the caller's own account. Kept for an hour.
plugin: alicloud.security_center.member_accounts
region_id: cn-shanghai
editions: [anti-virus, advanced, enterprise, ultimate]
own_account: true
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/security-center
cache_timeout: 3600

---
# With a role that is assumed, and a group of the accounts that were added this year.
plugin: alicloud.security_center.member_accounts
region_id: cn-shanghai
role_arn: acs:ram::1234567890123456:role/responder
groups:
  new: add_time is match('2026-')
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.account_hosts import (
    hosts_of,
    is_answer,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.members import list_members
from ansible_collections.alicloud.security_center.plugins.plugin_utils.inventory import SecurityCenterInventory

# Literal: what an inventory plugin sets is no template.
_HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


class InventoryModule(SecurityCenterInventory):
    """Accounts as hosts."""

    NAME = "alicloud.security_center.member_accounts"
    FILE = "member_accounts"

    def read(self, options: Mapping[str, Any], hidden: Hidden) -> Any:
        return list_members(self.planes(options, hidden)[0].client)

    def fits(self, kept: object) -> bool:
        return is_answer(kept)

    def hosts(self, answer: Any, options: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any], Iterable[str]]]:
        for host in hosts_of(answer, options, self.warn):
            yield host.name, {**_HERE, **host.variables}, host.groups
