# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down each result of a run, beside what ansible-playbook shows, for the tests of this folder."""

from __future__ import annotations

import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record
type: aggregate
short_description: Write each result as a line of JSON
description:
  - For the tests of this folder.
options:
  path:
    description: The file to write to.
    required: true
    type: path
    env:
      - name: RECORD_PATH
"""


class CallbackModule(CallbackBase):
    """One line a task: its result as a playbook registers it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result):
        self._write(result, failed=False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result, failed=True)

    def _write(self, result, failed):
        # ansible-core 2.19 renamed it.
        answer = result.result if hasattr(result, "result") else result._result
        with open(self.get_option("path"), "a", encoding="ascii") as stream:
            stream.write(json.dumps({**answer, "failed": failed}, default=str) + "\n")
