# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role, assumed by one signed call to STS on top of whichever credentials there are."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .client import OpenApiClient, Product
from .credentials import Credentials, Source, sendable
from .errors import ApiError, Meaning, OptionError
from .secrets import Hidden
from .text import printable
from .transport import connection_of

STS_HOST = "sts.aliyuncs.com"
# In the audit log beside the role's name. Who ran the task is for its author to say, not for us to send away.
SESSION_NAME = "ansible-security-center"
_ARN = re.compile(r"acs:ram::\d+:role/[\w.-]{1,64}", re.ASCII)
# The patterns, lengths and bounds are those of the vendor's reference of AssumeRole.
_SESSION_NAME = re.compile(r"[\w.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_LONGEST_POLICY = 2048
_SHORTEST, _LONGEST = 900, 43200
# Seconds before its end at which a session is renewed: a share of it, and no more than this.
_AHEAD = 300.0
_SHARE = 0.2
# A renewal ahead of time that failed is not tried again for so long.
_PATIENCE = 60.0

_NOT_ALLOWED = (
    "grant the RAM action sts:AssumeRole to the user or role behind access key {access_key_id}, let the trust policy of"
    " {subject} name it, and check external_id (an account's own key can't assume roles)"
)
STS = Product(
    version="2015-04-01",
    ram_code="sts",
    error_codes={
        "NoPermission": Meaning(_NOT_ALLOWED, every_call=True),
        "Forbidden.RAM": Meaning(_NOT_ALLOWED, every_call=True),
        "EntityNotExist.Role": Meaning("there is no {subject}: check role_arn (or member_role_name)", every_call=True),
        "InvalidParameter.RoleArn": Meaning("check role_arn, {subject}", every_call=True),
        "InvalidParameter.RoleSessionName": Meaning("check role_session_name", every_call=True),
        "InvalidParameter.DurationSeconds": Meaning(
            "lower role_session_expiration, or raise the role's maximum session duration in RAM", every_call=True
        ),
        "InvalidParameter.PolicyGrammar": Meaning(
            "role_policy is no policy: check it in the RAM console", every_call=True
        ),
        "InvalidParameter.PolicySize": Meaning("shorten role_policy", every_call=True),
    },
)


class AssumedRole:
    """The sessions under one role, each renewed before it ends, by one thread at a time.

    ``options`` are the connection options, with role_arn. Raises :class:`OptionError` for what can be seen to be wrong before
    anything is sent.
    """

    def __init__(self, base: Source, options: Mapping[str, Any], environ: Mapping[str, str], hidden: Hidden) -> None:
        self.method = f"role_arn over {base.method}"
        self._parameters = _parameters(options, environ)
        self._client = sts_client(base, options, hidden)
        self._lock = threading.Lock()
        self._session: Credentials | None = None
        self._renew_at = 0.0

    def current(self) -> Credentials:
        """The session to sign with now. Raises :class:`ApiError` when there is none, and none can be had."""
        with self._lock:
            if self._session is None:
                return self._assume()
            if self._client.now() < self._renew_at:
                return self._session
            try:
                return self._assume()
            except ApiError:
                # The old one still holds for a while; when it does not, the service says so, and it is renewed or all ends.
                self._renew_at = self._client.now() + _PATIENCE
                return self._session

    def renewed(self, refused: Credentials) -> Credentials:
        """A session other than the ``refused`` one. Raises :class:`ApiError`."""
        with self._lock:
            if self._session is None or self._session.security_token == refused.security_token:
                return self._assume()
            return self._session  # another thread was here first

    def _assume(self) -> Credentials:
        answer = ask(self._client, "AssumeRole", self._parameters, subject=f"role {self._parameters['RoleArn']}")
        self._session = _session(answer, self.method)
        now = self._client.now()
        left = (self._session.expires_at or now) - now
        self._renew_at = now + left - min(_AHEAD, _SHARE * left)
        return self._session


def sts_client(source: Source, options: Mapping[str, Any], hidden: Hidden) -> OpenApiClient:
    """A client of STS under ``source``. ``options`` are the connection options. Raises :class:`OptionError`."""
    return OpenApiClient(
        STS, source, connection_of(options, options.get("sts_endpoint") or STS_HOST, "sts_endpoint"), hidden=hidden
    )


def caller_identity(client: OpenApiClient) -> dict[str, Any]:
    """Who calls, by ``client``, one of :func:`sts_client`: account_id, arn and identity_type (Account, RAMUser, AssumedRoleUser).

    Raises :class:`ApiError`.
    """
    answer = ask(client, "GetCallerIdentity", {})
    fields = {"account_id": "AccountId", "arn": "Arn", "identity_type": "IdentityType"}
    return {name: answer.get(field) for name, field in fields.items()}


def ask(client: OpenApiClient, action: str, parameters: Mapping[str, Any], subject: str = "") -> dict[str, Any]:
    """STS's answer. An :class:`ApiError` concerns each further call as well, and never the work that the login is for."""
    try:
        return client.call(action, parameters, subject=subject)
    except ApiError as error:
        if error.http_status is not None and not error.code:
            # What can't be read may be half an answer, with a secret in it: it is not quoted.
            raise _no_answer_of_sts(action, f"the answer (HTTP {error.http_status}) is not one of STS") from None
        error.every_call = True
        error.maybe_done = False
        raise


def check_session(options: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[str, str | None, int | None]:
    """The name, policy and seconds of a session under a role, by the connection options. Raises :class:`OptionError`."""
    given = options.get("role_session_name")
    from_environ = environ.get("ALIBABA_CLOUD_ROLE_SESSION_NAME")
    origin = "role_session_name" if given else "ALIBABA_CLOUD_ROLE_SESSION_NAME"
    name = str(given or from_environ or SESSION_NAME)
    if not _SESSION_NAME.fullmatch(name):
        raise OptionError(f"{origin} {printable(name)} is not usable: give 2 to 64 of letters, digits and . @ - _")
    seconds = options.get("role_session_expiration")
    if seconds is not None and not _SHORTEST <= seconds <= _LONGEST:
        raise OptionError(f"role_session_expiration {seconds} is out of range: give {_SHORTEST} to {_LONGEST} seconds")
    return name, _policy(options.get("role_policy")), seconds


def _parameters(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    name, policy, seconds = check_session(options, environ)
    arn, external_id = str(options["role_arn"]), options.get("external_id") or None
    if not _ARN.fullmatch(arn):
        raise OptionError(
            f"role_arn {printable(arn)} is not the name of a role: give it as acs:ram::<account id>:role/<role name>"
        )
    if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
        raise OptionError("external_id is not usable: give 2 to 1224 of letters, digits and = , . @ : / + - _")
    return {
        "RoleArn": arn,
        "RoleSessionName": name,
        "DurationSeconds": seconds,
        "ExternalId": external_id,
        "Policy": policy,
    }


def _policy(text: str | None) -> str | None:
    if not text:
        return None
    if len(text) > _LONGEST_POLICY:
        raise OptionError(f"role_policy has {len(text)} characters: shorten it to {_LONGEST_POLICY}")
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OptionError(f"role_policy is not JSON: {printable(error)}") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise OptionError("role_policy is not a policy: give a JSON object with Version and Statement")
    return text


def _session(answer: Mapping[str, Any], method: str) -> Credentials:
    """The session of an answer of AssumeRole; its secrets are in no message."""
    given = answer.get("Credentials")
    parts = [given.get(name) for name in _FIELDS] if isinstance(given, dict) else []
    if not parts or not all(isinstance(part, str) and part and sendable(part) for part in parts):
        raise _no_answer_of_sts("AssumeRole", "the answer holds no usable Credentials")
    key_id, secret, token, expiration = map(str, parts)
    try:
        ends = datetime.strptime(expiration, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise _no_answer_of_sts("AssumeRole", "the answer holds no usable Credentials") from None
    return Credentials(key_id, secret, token, expires_at=ends, method=method)


_FIELDS = ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")


def _no_answer_of_sts(action: str, message: str) -> ApiError:
    return ApiError(message, action=action, hint="check sts_endpoint and proxy", every_call=True)
