# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.alicloud.security_center.plugins.modules.security_event_info import task
from ansible_collections.alicloud.security_center.plugins.plugin_utils.in_worker import WorkerAction


class ActionModule(WorkerAction):
    """The module of the same name, in the worker where that can be."""

    module = task
