# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service as a whole: a state that lives, reached by one signed call at a time."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from . import sts
from .actions import ACTIONS
from .clock import Clock
from .errors import ApiFault
from .faults import Fault, FaultPlan, WireAnswer, planned_refusal, spoil
from .parameters import typed
from .quota import Quota
from .seed import seed_state
from .signature import Nonces, ReceivedRequest, authenticate
from .state import CHINA, Alert, Key, State
from .statefile import StateFile
from .tasks import settle

VERSION = "2018-12-03"
_FORM = "application/x-www-form-urlencoded"


@dataclass
class Call:
    """One call as it was seen: ``status`` is None when no answer was sent, ``code`` is "" for a success."""

    action: str
    parameters: dict[str, str]
    headers: dict[str, str]
    status: int | None
    code: str
    request_id: str
    fault: str = ""
    plane: str = CHINA


class Service:
    """State, clock, planned faults and the record of calls; everything under one lock.

    ``settings`` (task_seconds, latency, quotas) win over those of every state that is put in.
    """

    def __init__(self, state: State | None, settings: dict[str, Any], state_file: StateFile | None = None) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.faults = FaultPlan()
        self.calls: list[Call] = []
        self._settings = settings
        self._file = state_file
        found = state_file.read() if state_file else None
        self.reset(found or state)

    def reset(self, state: State | None = None) -> None:
        """Begin again with this state, or with the seed; forgets calls, faults, nonces and the clock's shift."""
        with self.lock:
            self.clock.resume()
            self.faults.clear()
            self.calls.clear()
            self._nonces, self._quota = Nonces(), Quota()
            self._adopt(state or seed_state(self.clock))
            self.save()

    def put_state(self, state: State) -> None:
        """Go on with this state."""
        with self.lock:
            self._adopt(state)
            self.save()

    def put_alert(self, values: dict[str, Any]) -> Alert:
        """Add an alert, or change fields of the one with this id; ValueError when a field is not right."""
        with self.lock:
            alert = self.state.put_alert(values)
            self.save()
            return alert

    @property
    def state(self) -> State:
        """The state as it is now: a changed file read, finished tasks ended. Use it under ``lock``."""
        if self._file is not None and (edited := self._file.read_if_changed()):
            self._adopt(edited)
        settle(self._state)
        return self._state

    def save(self) -> None:
        """Write the state to its file, if it has one."""
        self._saved_revision = self._state.revision
        if self._file is not None:
            self._file.write(self._state)

    def answer(self, request: ReceivedRequest, plane: str = CHINA) -> WireAnswer:
        """Carry out one API call to a plane, or what is planned instead of it."""
        request_id = str(uuid.uuid4()).upper()
        with self.lock:
            fault = self.faults.take(request.action)
            code, answer = self._carry_out(request, plane, request_id, fault)
            if self._state.revision != self._saved_revision:
                self.save()
            sent = spoil(fault, answer) if fault else answer
            sent.delay += self._state.settings.latency
            self._record(request, plane, request_id, code, sent, fault)
        return sent

    def _adopt(self, state: State) -> None:
        state.clock = self.clock
        for name, value in self._settings.items():
            setattr(state.settings, name, value)
        self._state = state
        self._saved_revision = state.revision

    def _carry_out(
        self, request: ReceivedRequest, plane: str, request_id: str, fault: Fault | None
    ) -> tuple[str, WireAnswer]:
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            "Date": formatdate(self.clock.now_ms() / 1000, usegmt=True),
            "x-acs-request-id": request_id,
        }
        try:
            if fault and not fault.does_the_work:
                raise planned_refusal(fault)
            answer = {"RequestId": request_id, **self._perform(request, plane)}
            return "", WireAnswer(200, headers, _json(answer))
        except ApiFault as refusal:
            body = _json(_error(refusal, request, request_id))
            return refusal.code, WireAnswer(refusal.http_status, headers | refusal.headers, body)

    def _perform(self, request: ReceivedRequest, plane: str) -> dict[str, Any]:
        state = self.state
        if sts.concerns(request):
            return sts.perform(request, state, self._nonces, self.clock.now_ms())
        if request.method != "POST":
            raise ApiFault(405, "UnsupportedHTTPMethod", "This http method is not supported.")
        if request.headers.get("x-acs-version", VERSION) != VERSION:
            raise ApiFault(404, "InvalidProduct.NotFound", "Cannot find product according to your specified version.")
        if request.action and request.action not in ACTIONS:
            raise ApiFault(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
        key = authenticate(request, state.keys, self._nonces, self.clock.now_ms())
        _check_permission(key, request.action)
        caller = state.account(key.account_id, plane)
        self._quota.use(caller, request.action, state.settings.quotas, self.clock.now_ms())
        parameters = typed(request.action, _flat_parameters(request))
        return ACTIONS[request.action](state, caller, parameters)

    def _record(
        self, request: ReceivedRequest, plane: str, request_id: str, code: str, sent: WireAnswer, fault: Fault | None
    ) -> None:
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        status = None if sent.ending in ("reset", "close") else sent.status
        how = fault.how if fault else ""
        self.calls.append(Call(request.action, dict(_pairs(request)), headers, status, code, request_id, how, plane))


def _check_permission(key: Key, action: str) -> None:
    if key.permissions is None or action in key.permissions:
        return
    detail = {
        "AuthAction": f"yundun-sas:{action}",
        "AuthPrincipalOwnerId": str(key.account_id),
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }
    raise ApiFault(
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        extra={"AccessDeniedDetail": detail},
    )


def _pairs(request: ReceivedRequest) -> list[tuple[str, str]]:
    # The vendor's SDK puts some parameters in a form body: the service takes either place.
    form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return parse_qsl(request.query, keep_blank_values=True) + form


def _flat_parameters(request: ReceivedRequest) -> dict[str, str]:
    if request.body and request.headers.get("content-type", "").split(";")[0] != _FORM:
        raise ApiFault(400, "InvalidParameter", f"The body must be of type {_FORM}.")
    pairs = _pairs(request)
    flat = dict(pairs)
    if len(flat) != len(pairs):
        raise ApiFault(400, "InvalidParameter", "A parameter is given twice.")
    return flat


def _error(refusal: ApiFault, request: ReceivedRequest, request_id: str) -> dict[str, Any]:
    return {
        "RequestId": request_id,
        "HostId": request.headers.get("host", ""),
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": f"https://api.alibabacloud.com/troubleshoot?q={refusal.code}&product=Sas&requestId={request_id}",
        **refusal.extra,
    }


def _json(document: dict[str, Any]) -> bytes:
    # A lone surrogate has no form in UTF-8; it travels as the escape that JSON has for it.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
