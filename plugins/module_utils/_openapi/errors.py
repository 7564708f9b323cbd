# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer in, an exception out: what happened, is it safe to repeat, what to do about it.

Sources of the codes: the vendor's "Common error codes" of the OpenAPI gateway, and the error lists of the actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .text import printable


class SecurityCenterError(Exception):
    """The one family of exceptions that this collection raises on purpose. Its text is one sentence for a person."""


class OptionError(SecurityCenterError):
    """What the user gave can't be used. Raised before anything is sent."""


class MissingLibrary(SecurityCenterError):
    """A Python package is absent that an option needs: ``library`` is its name, ``why`` what it is for."""

    def __init__(self, library: str, why: str, trace: str) -> None:
        self.library = library
        self.why = why
        self.trace = trace
        super().__init__(f"the Python package {library} is missing {why}: install it with pip")


class TooLate(SecurityCenterError):
    """A call could not start in time, and was not made."""


class ApiError(SecurityCenterError):
    """A call that failed.

    ``maybe_done``: the work that was asked for may have been carried out all the same.
    ``repeatable``: the same call may succeed a little later.
    ``every_call``: the cause concerns each further call as well (a wrong key, a missing permission, a dead network).
    ``throttled``: the service refused it as one call too many.
    ``retry_after``: seconds that the service asked to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        action: str,
        code: str = "",
        http_status: int | None = None,
        request_id: str = "",
        hint: str = "",
        maybe_done: bool = False,
        repeatable: bool = False,
        every_call: bool = False,
        throttled: bool = False,
        retry_after: float | None = None,
    ) -> None:
        self.action = action
        self.code = code
        self.message = message
        self.http_status = http_status
        self.request_id = request_id
        self.hint = hint
        self.maybe_done = maybe_done
        self.repeatable = repeatable
        self.every_call = every_call
        self.throttled = throttled
        self.retry_after = retry_after
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        reason = printable(self.message, longest=160)  # a signature error quotes the whole request
        what = f"{self.code}: {reason}" if self.code else reason
        told = [f"{self.action} failed: {what}"]
        if self.request_id:
            told.append(f"(request id {self.request_id})")
        if self.hint:
            told.append(f"- {self.hint}")
        return " ".join(told)

    def as_dict(self) -> dict[str, Any]:
        """The failure as a module returns it: action, code, message, http_status, request_id, hint."""
        return {
            "action": self.action,
            "code": self.code,
            "message": self.message,
            "http_status": self.http_status,
            "request_id": self.request_id,
            "hint": self.hint,
        }


def after_a_loss(write: bool) -> str:
    """What to do when the answer to a call is lost, or can't be read: a read has changed nothing."""
    if write:
        return "run the task again, which reads first how things stand: the call may have been carried out"
    return "run the task again"


def no_such_answer(action: str, missing: str) -> ApiError:
    """The failure of an answer that lacks its one essential part: never taken for an empty one."""
    return ApiError(f"the answer holds no {missing}", action=action, hint="check endpoint and proxy", maybe_done=True)


class Meaning(NamedTuple):
    """What an error code means for the caller. ``hint`` may name the fields of :class:`Circumstances`."""

    hint: str = ""
    maybe_done: bool = False
    repeatable: bool = False
    every_call: bool = False
    throttled: bool = False


class Circumstances(NamedTuple):
    """What a hint may name: the action, the RAM permission that it needs, the key id, the clock's error, the ids concerned."""

    action: str
    ram_action: str
    access_key_id: str
    skew: str
    subject: str = ""


_WRONG_CLOCK = "this machine's clock is {skew}: set it by NTP (the service accepts 15 minutes)"
_NO_PERMISSION = "grant the RAM action {ram_action} to the user or role behind access key {access_key_id}"
_NO_SUCH_KEY = "the access key id is {access_key_id}: look it up in the RAM console, it may have been deleted"
_TOO_FAST = "lower requests_per_second, or raise max_retries: the quota counts for all users of the account together"
TRY_LATER = "the service had a fault: run the task again in a minute, which reads first how things stand"

EXPIRED_TOKEN = "InvalidSecurityToken.Expired"

GATEWAY_CODES: dict[str, Meaning] = {
    "InvalidProduct.NotFound": Meaning(
        "endpoint is not one of Security Center: check endpoint and region_id", every_call=True
    ),
    "InvalidApi.NotFound": Meaning("this endpoint does not know the action {action}: check endpoint", every_call=True),
    "InvalidAccessKeyId.NotFound": Meaning(_NO_SUCH_KEY, every_call=True),
    "InvalidAccessKeyId.Inactive": Meaning(
        "access key {access_key_id} is disabled: enable it in the RAM console, or use another", every_call=True
    ),
    EXPIRED_TOKEN: Meaning(
        "the temporary credentials of access key {access_key_id} have expired: get new ones", every_call=True
    ),
    "InvalidSecurityToken.Malformed": Meaning("security_token is damaged: copy it again", every_call=True),
    "InvalidSecurityToken.MismatchWithAccessKey": Meaning(
        "security_token and access key {access_key_id} are not of one set: take all three parts from the same place",
        every_call=True,
    ),
    "InvalidTimeStamp.Format": Meaning("the header x-acs-date was refused: report this as a fault of the collection"),
    "InvalidTimeStamp.Expired": Meaning(_WRONG_CLOCK, every_call=True),
    # The service saw the request twice, so it may have carried out the first one.
    "SignatureNonceUsed": Meaning("a proxy may repeat requests: check it", maybe_done=True, repeatable=True),
    "SignatureDoesNotMatch": Meaning(
        "access_key_secret is not the secret of access key {access_key_id}, or a proxy changed the request",
        every_call=True,
    ),
    "IncompleteSignature": Meaning("a proxy may have removed headers from the request", every_call=True),
    "InvalidProtocol.NeedSsl": Meaning("the endpoint asks for https: remove http:// from endpoint", every_call=True),
    "Forbidden.RAM": Meaning(_NO_PERMISSION, every_call=True),
    "NoPermission": Meaning(_NO_PERMISSION, every_call=True),
    "Throttling": Meaning(_TOO_FAST, repeatable=True, throttled=True),
    "Rejected.Throttling": Meaning(_TOO_FAST, repeatable=True, throttled=True),
    "InternalError": Meaning(TRY_LATER, maybe_done=True, repeatable=True),
    "ServiceUnavailable": Meaning(TRY_LATER, maybe_done=True, repeatable=True),
}

_SERVER_FAULT = Meaning(TRY_LATER, maybe_done=True, repeatable=True)
_REJECTED = Meaning()


def meaning_of(code: str, http_status: int, service_codes: Mapping[str, Meaning]) -> Meaning:
    """What ``code`` means; for one that is in no table, what the HTTP status alone tells."""
    if code.startswith("Throttling.") or http_status == 429:
        # HTTP 400, not 429: throttling is told by Code alone.
        return GATEWAY_CODES["Throttling"]
    known = service_codes.get(code) or GATEWAY_CODES.get(code)
    if known is not None:
        return known
    if code.startswith("Missing"):
        return Meaning("the service misses a parameter: report this as a fault of the collection")
    # Of these none proves that nothing was done, whatever the HTTP status says.
    fault = code.startswith(("InternalError", "ServiceUnavailable")) or (
        code[:3].isdecimal() and code[:3] >= "500" and code.isdecimal()
    )
    untold = http_status < 400 and code == NO_CODE
    return _SERVER_FAULT if fault or untold or http_status >= 500 or http_status == 408 else _REJECTED


NO_CODE = "Success is false"


def failure_code(http_status: int, body: Mapping[str, Any]) -> str | None:
    """The error code of an answer, or None when it is a success.

    HTTP 200 can be a failure (``Success: false``, ``AccessCode: no_permission``), and a ``Code`` of 200 is none.
    """
    code = str(_either_case(body, "Code") or "")
    access_code = str(_either_case(body, "AccessCode") or "")
    success = _either_case(body, "Success")
    if http_status >= 400:
        return code or f"HTTP {http_status}"
    if access_code and access_code.lower() not in ("ok", "success", "200"):
        return "NoPermission" if access_code.lower() == "no_permission" else access_code
    if success is False or str(success).lower() == "false":
        return code or NO_CODE
    if code and code.lower() not in ("200", "ok", "success") and success is None:
        return code
    return None


def from_answer(
    http_status: int,
    body: Mapping[str, Any],
    circumstances: Circumstances,
    service_codes: Mapping[str, Meaning],
    retry_after: float | None,
    hidden: Callable[[str], str] = str,
) -> ApiError | None:
    """The failure that a JSON answer tells of, or None when it is a success. ``hidden`` takes the secrets out of a text."""
    code = failure_code(http_status, body)
    if code is None:
        return None
    meaning = meaning_of(code, http_status, service_codes)
    message = printable(hidden(str(_either_case(body, "Message") or "the service gave no reason")), longest=500)
    return ApiError(
        message,
        action=circumstances.action,
        code=printable(hidden(code)),
        http_status=http_status,
        request_id=printable(hidden(str(_either_case(body, "RequestId") or ""))),
        hint=meaning.hint.format(**circumstances._asdict()),
        maybe_done=meaning.maybe_done,
        repeatable=meaning.repeatable,
        every_call=meaning.every_call,
        throttled=meaning.throttled,
        retry_after=retry_after,
    )


def _either_case(body: Mapping[str, Any], name: str) -> Any:
    """Field names also occur in lower camel case."""
    return body.get(name, body.get(name[0].lower() + name[1:]))
