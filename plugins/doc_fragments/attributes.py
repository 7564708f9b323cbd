# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What a module can do, and the action groups that it is in."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/alicloud.security_center.all) in C(module_defaults) to set the connection options of all modules at once.
    support: full
    membership:
      - alicloud.security_center.all
  check_mode:
    description: Can run in check mode and tell what it would change, without changing it.
  diff_mode:
    description: Tells what has changed, or would change in check mode, when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run changes nothing.
      - This holds as long as nothing else changes the alerts in between.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""

    WRITE = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/alicloud.security_center.write) in C(module_defaults) to set the guard rails of all modules that write at once.
    support: full
    membership:
      - alicloud.security_center.all
      - alicloud.security_center.write
"""
