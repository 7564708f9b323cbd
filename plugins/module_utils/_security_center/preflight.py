# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight_info does: who calls, by which login, with which permissions, on which planes, for which members."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._openapi.assumed_role import caller_identity, sts_client
from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.lanes import at_once
from .alerts import Record, number
from .everywhere import Reader, read_everywhere
from .members import accounts_of, checked_accounts, edition
from .pages import count_alerts
from .preflight_table import table_of
from .report import Report
from .service import PRODUCT
from .sessions import Plane

CLOCK_LIMIT = 900  # seconds that a request's date may be off, by the vendor's common error codes
GRANTED, MISSING, UNKNOWN, NOT_PROBED = "granted", "missing", "unknown", "not probed"

_NO_SUCH_ID = 1
_PAGE = {"CurrentPage": 1, "PageSize": 1}
_EDITION = "DescribeVersionConfig"
# What an account can have bought besides. Source: the reference of DescribeVersionConfig.
_MORE_EDITIONS = {8: "multi-edition", 10: "value-added services only"}


class Probe(NamedTuple):
    """A read, and the parameters that make it a cheap and harmless one."""

    action: str
    parameters: Mapping[str, Any]


# Those that want an id are asked for one that no alert and no task has: a caller without permission is refused before that.
PROBES = (
    Probe("DescribeBruteForceRecords", _PAGE),
    Probe("DescribeCloudCenterInstances", _PAGE),
    Probe("DescribeCustomBlockInstances", _PAGE),
    Probe("DescribeCustomBlockRecords", _PAGE),
    Probe("DescribeMonitorAccounts", {}),
    Probe("DescribeNsasSuspEventType", {"From": "sas"}),
    Probe("DescribeSecurityEventMarkMissList", _PAGE),
    Probe("DescribeSecurityEventOperationStatus", {"TaskId": _NO_SUCH_ID, "SecurityEventIds": [_NO_SUCH_ID]}),
    Probe("DescribeSecurityEventOperations", {"SecurityEventId": _NO_SUCH_ID}),
    Probe("DescribeSimilarEventScenarios", {"SecurityEventId": _NO_SUCH_ID}),
    Probe("DescribeSimilarSecurityEvents", {"TaskId": _NO_SUCH_ID, **_PAGE}),
    Probe("DescribeSuspEventDetail", {"From": "sas", "SuspiciousEventId": _NO_SUCH_ID}),
    Probe("DescribeSuspEventQuaraFiles", {"From": "sas", **_PAGE}),
    Probe("DescribeSuspEvents", {"From": "sas", **_PAGE}),
)
# Actions that are not asked, and why.
LEFT_OUT = {"AdvanceSecurityEventOperations": "the vendor does not name it a read"}

_REFUSED_PERMISSION = ("Forbidden.RAM", "NoPermission")
# What the service itself says, to a caller whom the gateway let through.
_LET_THROUGH = ("SecurityEventNotExists", "OperationTaskNotExists", "IllegalParam")
# The same, of a call that will not work all the same.
_NOT_IN_THIS_EDITION = "FreeVersionNotPermit"
_REFUSED_LOGIN = ("InvalidAccessKeyId", "InvalidSecurityToken", "InvalidTimeStamp", "SignatureDoesNotMatch", "IncompleteSignature")  # fmt: skip


def run(planes: list[Plane], options: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    """Options of preflight_info in, its result out: failed when nothing can work. Raises SecurityCenterError."""
    accounts = None if options.get("accounts") is None else checked_accounts(options["accounts"])
    first = planes[0].client
    # One attempt: where STS can't be reached, everything else still can be looked at.
    sts = sts_client(first.source, {**options, "max_retries": 0}, first.hidden)
    identity, failure = _identity(sts)
    refused = failure is not None and login_refused(failure, "GetCallerIdentity")
    looks = [] if refused else at_once(len(planes), _look_at, planes)
    answering = [plane for plane, look in zip(planes, looks) if look["answers"]]
    found: Record = {
        "identity": identity,
        "identity_error": failure.as_dict() if failure else None,
        "credential_method": first.method,
        "clock": _clock([sts, *(plane.client for plane in planes)]),
        "data_planes": looks,
        "accounts": _members(answering, accounts) if accounts and answering else [],
    }
    found["usable"] = bool(answering)
    found["policy"] = policy_of(found["data_planes"])
    found["next_steps"] = next_steps(found)
    result = {"changed": False, **found, "table": table_of(found)}
    if not answering:
        error = found["identity_error"] if refused else looks[0]["error"]
        result.update(failed=True, error=error, msg=f"nothing can work: {_sentence(error)}")
    return result


def login_refused(error: ApiError, action: str) -> bool:
    """Whether the call of ``action`` failed for who called, whatever was called: a login of its own failed, or its key did."""
    return error.action != action or error.code.startswith(_REFUSED_LOGIN)


def verdict(error: ApiError | None) -> str:
    """What the end of a call tells of the permission for it."""
    if error is None or error.code in _LET_THROUGH:
        return GRANTED
    return MISSING if error.code in _REFUSED_PERMISSION else UNKNOWN


def policy_of(planes: Sequence[Record]) -> Record | None:
    """The RAM policy that grants what is missing on any of the planes; None when nothing is."""
    actions = sorted({one["action"] for plane in planes for one in plane["permissions"] if one["status"] == MISSING})
    if not actions:
        return None
    named = [f"{PRODUCT.ram_code}:{action}" for action in actions]
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": named, "Resource": "*"}]}


def next_steps(found: Record) -> list[str]:
    """What to do about what was ``found``, the most urgent first."""
    steps = []
    if found["identity_error"] and not found["usable"]:
        steps.append(_sentence(found["identity_error"]))
    if found["clock"]["ok"] is False:
        steps.append("Set this machine's clock by NTP.")
    steps += [
        f"Data plane {plane['data_plane'] or 'asked'}: {_sentence(plane['error'])}"
        for plane in found["data_planes"]
        if not plane["answers"]
    ]
    if found["policy"]:
        steps.append("Grant the missing actions: attach the policy that the result holds to the caller in RAM.")
    if any(account["error"] for account in found["accounts"]):
        steps.append("Name in accounts only members that answer, or see to those that do not.")
    return steps or ["Run the playbook alicloud.security_center.verify_service."]


def _identity(sts: OpenApiClient) -> tuple[Record | None, ApiError | None]:
    try:
        return caller_identity(sts), None
    except ApiError as error:
        return None, error


def _clock(clients: Sequence[OpenApiClient]) -> Record:
    """This machine's clock against the one that is furthest off; skew and ok are None when no answer has told one."""
    skews = [client.now() - time.time() for client in clients if client.knows_the_time]
    if not skews:
        return {"skew": None, "limit": CLOCK_LIMIT, "ok": None}
    skew = max(skews, key=abs)
    # The service tells its clock in whole seconds.
    return {"skew": round(skew) if abs(skew) >= 2 else 0, "limit": CLOCK_LIMIT, "ok": abs(skew) < CLOCK_LIMIT}


def _look_at(plane: Plane) -> Record:
    told: Record = {"data_plane": plane.name, "answers": True, "edition": None, "version": None, "error": None}
    asked, error = _ask(plane.client, Probe(_EDITION, {}))
    if error is not None and (error.http_status is None or not error.code or login_refused(error, _EDITION)):
        return {**told, "answers": False, "error": error.as_dict(), "permissions": []}
    told["version"] = number(asked.get("Version"))
    told["edition"] = _MORE_EDITIONS.get(told["version"]) or edition(told["version"])
    errors = plane.client.at_once(lambda probe: _ask(plane.client, probe)[1], PROBES)
    ends = {_EDITION: error, **{probe.action: end for probe, end in zip(PROBES, errors)}}
    if error is not None and not any(map(_is_of_service, ends.values())):
        return {**told, "answers": False, "error": error.as_dict(), "permissions": []}
    permissions = [_permission(action, verdict(end), end) for action, end in ends.items()]
    permissions += [{"action": action, "status": NOT_PROBED, "reason": why} for action, why in LEFT_OUT.items()]
    return {**told, "permissions": sorted(permissions, key=lambda one: one["action"])}


def _is_of_service(error: ApiError | None) -> bool:
    """Whether a call ended in the service's own word about it, not in that of a gateway or proxy that has no service behind it."""
    return verdict(error) != UNKNOWN or (error is not None and error.code == _NOT_IN_THIS_EDITION)


def _ask(client: OpenApiClient, probe: Probe) -> tuple[Record, ApiError | None]:
    try:
        return client.call(probe.action, probe.parameters), None
    except ApiError as error:
        return {}, error


def _permission(action: str, status: str, error: ApiError | None) -> Record:
    return {"action": action, "status": status, "reason": str(error) if error and status != GRANTED else ""}


def _members(planes: Sequence[Plane], accounts: Sequence[str]) -> list[Record]:
    """Whether each member answers, on each plane."""
    reader = Reader(
        lambda client: [account for account in accounts_of(client, accounts) if account is not None],
        lambda client, account: ([], count_alerts(client, {"Dealed": "N", "ResourceDirectoryAccountId": account})),
    )
    told = [part.told() for part in read_everywhere(planes, reader)]
    return sorted(told, key=lambda one: (str(one["data_plane"]), str(one["resource_directory_account_id"])))


def _sentence(error: Record) -> str:
    told = f"{error['code']}: {error['message']}" if error["code"] else str(error["message"])
    return f"{told} - {error['hint']}" if error["hint"] else told
