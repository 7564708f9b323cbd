# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which data planes a module asks; PLANE_OPTIONS in module_utils/_module.py is its other half."""

    DOCUMENTATION = r"""
options:
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
"""
