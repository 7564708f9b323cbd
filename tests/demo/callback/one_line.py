# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook says, and nothing else: one line for each message and each failure."""

from __future__ import annotations

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: one_line
type: stdout
short_description: What a playbook says, and nothing else
description: One line for each message and each failure.
extends_documentation_fragment: [default_callback]
"""


class CallbackModule(CallbackBase):
    """The output of `make demo-events`."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "one_line"

    def v2_runner_on_ok(self, result):
        if result._task.action.endswith("debug"):
            self._display.display(result._result["msg"])

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._display.display(f"{result._task.get_name()}: {result._result['msg']}", color="red")
