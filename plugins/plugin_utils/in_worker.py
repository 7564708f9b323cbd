# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module of this collection run by the worker of Ansible itself, without a Python of its own.

Starting a Python with requests costs more than a module's work. So where a module would run on the controller, as the
same user and with the same interpreter anyway, the worker runs it; everywhere else it is run as every module is.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any, Callable, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common import arg_spec, parameters
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.parent import ParentGone


class WorkerAction(NormalAction):
    """Runs ``module``: what a module's file runs as its main, which takes ``kind`` and ``parent`` besides."""

    module: Callable[..., None]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        if not self._runs_here(variables):
            return super().run(tmp, variables)
        given = json.loads(json.dumps(plain(self._task.args)))
        self._supports_check_mode = True
        self._update_module_args(self._task.action, given, variables)
        over = Event()
        with _folder(self._loader.get_basedir()):
            try:
                type(self).module(kind=partial(_WorkerModule, given), parent=partial(_parent, over))
            except _Ended as ended:
                return ended.result
            finally:
                over.set()
        raise RuntimeError(f"{self._task.action} ended without a result")

    def _runs_here(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the module would run on this machine, as this user, in this environment, with this interpreter."""
        task = self._task
        elsewhere = self._connection.transport != "local" or self._play_context.become or task.async_val
        # On macOS the look-up of proxies ends a process that was forked, as a worker is.
        if elsewhere or any(task.environment or ()) or sys.platform == "darwin":
            return False
        variables = task_vars
        if task.delegate_to:
            variables = task_vars.get("ansible_delegated_vars", {}).get(task.delegate_to, {})
        return _is_this_python(str(self._templar.template(variables.get("ansible_python_interpreter"))))


def _is_this_python(interpreter: str) -> bool:
    """Whether ``interpreter`` is the one that runs this, perhaps by its other name in the same virtual environment."""
    names = (interpreter, sys.executable)
    return len({(os.path.dirname(name), os.path.realpath(name)) for name in names}) == 1


class _Ended(BaseException):
    """The module has ended, as sys.exit ends one that has a process of its own."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result
        super().__init__()


class _WorkerModule(AnsibleModule):
    """A module whose arguments and result do not leave the process, in which many may run one after the other."""

    def __init__(self, given: dict[str, Any], **specification: Any) -> None:
        self._given = given
        self._warned: dict[str, None] = {}
        # Newer versions of Ansible ask each task whether to tell how a module was called.
        self._tells_invocation = given.get("_ansible_inject_invocation", True)
        with _warnings_to(self.warn):
            super().__init__(**specification)

    def _load_params(self) -> None:
        self.params = self._given

    def warn(self, warning: str, **_details: Any) -> None:
        self._warned[warning] = None

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        self._leave({**result, "failed": True, "msg": msg})

    def exit_json(self, **result: Any) -> NoReturn:
        self._leave({"changed": False, **result})

    def _leave(self, result: dict[str, Any]) -> NoReturn:
        if self._tells_invocation:
            result["invocation"] = {"module_args": self.params}
        if self._warned:
            result["warnings"] = list(self._warned)
        kept = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
        shown = parameters.remove_values(result, getattr(self, "no_log_values", set()))
        raise _Ended(json.loads(json.dumps({**shown, **kept}, default=str)))


def plain(value: Any) -> Any:
    """``value`` as a module would get it: nothing but what JSON knows, whatever Ansible has made it of."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@contextmanager
def _folder(path: str) -> Iterator[None]:
    """Where a module on the controller runs: in the folder of the playbook."""
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _warnings_to(warn: Callable[[str], None]) -> Iterator[None]:
    """While a module reads its arguments: what Ansible warns of then goes to all modules of a process, and is shown by none here."""
    before = {place: place.warn for place in (arg_spec, parameters)}
    try:
        for place in before:
            place.warn = warn
        yield
    finally:
        for place, own in before.items():
            place.warn = own


def _parent(over: Event) -> Callable[[], None]:
    """A check that the process of ansible-playbook is there, which has started this worker, and that the task is not ``over``.

    A task that ran out of time leaves threads behind, and the worker goes on with the next turn of its loop. The check
    raises ParentGone.
    """
    started_by = multiprocessing.parent_process()

    def check() -> None:
        if over.is_set():
            raise ParentGone("the task is over, so it sends nothing more")
        if started_by is not None and os.getppid() != started_by.pid:
            raise ParentGone("whoever started this run is gone, so it sends nothing more")

    return check
