# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a module acts in a member account; MEMBER_OPTIONS in module_utils/_module.py is its other half."""

    DOCUMENTATION = r"""
options:
  member_role_name:
    description:
      - The name of a role in the member account O(resource_directory_account_id). It is assumed with the caller's
        credentials, and all calls are made as that role.
      - Then nothing is missing for a member account that the caller's own account has, and the quotas are the member's.
    type: str
"""
