# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as Ansible runs it, but in this process: hundreds of runs in the time of one ansible-playbook."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from conftest import COLLECTION


@dataclass
class Said:
    """All that a module let out: what Ansible reads from its standard output, and what it sent to the system's log."""

    output: str
    log: str

    @property
    def result(self) -> dict[str, Any]:
        return dict(json.loads(self.output))


def run_module(module: str, options: Mapping[str, Any], *, environ: Mapping[str, str] | None = None) -> Said:
    """Run ``module`` to its exit in diff mode; an exception that would be a traceback goes on to the caller.

    ``environ`` is all of its environment but the locale, which AnsibleModule makes this process's own.
    """
    surroundings = {name: value for name, value in os.environ.items() if re.fullmatch("LANG|LC_.*", name)}
    arguments = {**options, "_ansible_diff": True}
    log = mock.Mock()
    warnings._global_warnings.clear()  # of the run before, in the same process
    main = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{module}").main
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, surroundings | dict(environ or {}), clear=True))
        stack.enter_context(
            mock.patch.multiple(
                basic,
                _ANSIBLE_ARGS=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode(),
                _ANSIBLE_PROFILE="legacy",
                has_journal=False,
                syslog=log,
                create=True,  # the profile came with ansible-core 2.19
            )
        )
        output = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        with pytest.raises(SystemExit):
            main()
    return Said(output.getvalue(), "\n".join(str(word) for call in log.mock_calls for word in call.args))
