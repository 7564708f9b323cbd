# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""STS beside the service, on the same port: roles assumed by key or by OIDC token, and who a caller is.

Calls come signed as the service's own (V3), or as RPC with everything in the query, which the vendor's credentials library
sends. Written from the vendor's references of the three actions and of "Request syntax and signature method V2 for RPC APIs".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

from .errors import ApiFault
from .signature import Nonces, ReceivedRequest, authenticate, check_date, check_token, known_key, mismatch
from .state import Key, Role, State

VERSION = "2015-04-01"
_SHORTEST = 900


def concerns(request: ReceivedRequest) -> bool:
    """Whether a request is one to STS."""
    return (request.headers.get("x-acs-version") or dict(parse_qsl(request.query)).get("Version")) == VERSION


def perform(request: ReceivedRequest, state: State, nonces: Nonces, now_ms: int) -> dict[str, Any]:
    """Carry out one call to STS."""
    body = request.body.decode("utf-8", "replace")
    parameters = dict(parse_qsl(request.query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True))
    if request.action == "AssumeRoleWithOIDC":
        return _assume_with_oidc(parameters, state, now_ms)
    actions = {"AssumeRole": _assume, "GetCallerIdentity": _identity}
    if request.action not in actions:
        raise ApiFault(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
    if request.headers.get("x-acs-action"):
        key = authenticate(request, state.keys, nonces, now_ms)
    else:
        key = _signer(request.method, parameters, state.keys, nonces, now_ms)
    return actions[request.action](parameters, key, state, now_ms)


def _signer(method: str, parameters: dict[str, str], keys: list[Key], nonces: Nonces, now_ms: int) -> Key:
    """The key that signed an RPC request."""
    for name in ("AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"):
        if not parameters.get(name):
            raise ApiFault(400, f"Missing{name}", f"{name} is mandatory for this action.")
    key = known_key(parameters["AccessKeyId"], keys)
    check_date(parameters["Timestamp"], now_ms)
    check_token(parameters.get("SecurityToken", ""), key, now_ms)
    signed = sorted((_encoded(n), _encoded(value)) for n, value in parameters.items() if n != "Signature")
    query = "&".join(f"{name}={value}" for name, value in signed)
    text = f"{method}&{_encoded('/')}&{_encoded(query)}"
    digest = hmac.new(f"{key.secret}&".encode(), text.encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(digest).decode(), parameters["Signature"]):
        raise mismatch(f"server string to sign is:{text}")
    nonces.use(key.access_key_id, parameters["SignatureNonce"], now_ms)
    return key


def _assume(parameters: dict[str, str], key: Key, state: State, now_ms: int) -> dict[str, Any]:
    role = _role(parameters, state)
    allowed = key.permissions is None or "AssumeRole" in key.permissions
    trusted = {key.access_key_id, str(key.account_id)} & set(role.trusted)
    if not allowed or not trusted or role.external_id != parameters.get("ExternalId", ""):
        raise ApiFault(
            403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM."
        )
    return _session(role, parameters, state, now_ms)


def _assume_with_oidc(parameters: dict[str, str], state: State, now_ms: int) -> dict[str, Any]:
    role = _role(parameters, state)
    if parameters.get("OIDCProviderArn") not in role.trusted:
        raise ApiFault(403, "AuthenticationFail.NoPermission", "This operation is not permitted by the trust policy.")
    if parameters.get("OIDCToken") not in state.oidc_tokens:
        raise ApiFault(400, "AuthenticationFail.OIDCToken.Invalid", "This OIDC token is invalid.")
    return _session(role, parameters, state, now_ms)


def _identity(_parameters: dict[str, str], key: Key, _state: State, _now_ms: int) -> dict[str, Any]:
    user = f"acs:ram::{key.account_id}:user/{key.access_key_id.lower()}"
    return {
        "AccountId": str(key.account_id),
        "Arn": key.session_arn or user,
        "IdentityType": "AssumedRoleUser" if key.session_arn else "RAMUser",
        "PrincipalId": key.access_key_id,
    }


def _role(parameters: dict[str, str], state: State) -> Role:
    for name in ("RoleArn", "RoleSessionName"):
        if not parameters.get(name):
            raise ApiFault(400, f"Missing{name}", f"{name} is mandatory for this action.")
    role = next((role for role in state.roles if role.arn == parameters["RoleArn"]), None)
    if role is None:
        raise ApiFault(404, "EntityNotExist.Role", "The specified Role not exists .")
    return role


def _session(role: Role, parameters: dict[str, str], state: State, now_ms: int) -> dict[str, Any]:
    """Make a temporary key of a role, and tell it."""
    seconds = int(parameters.get("DurationSeconds") or min(3600, role.max_session_seconds))
    if not _SHORTEST <= seconds <= role.max_session_seconds:
        raise ApiFault(
            400, "InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is out of its range."
        )
    # The simulated clock ends a session; what is told is whole seconds, as at the service.
    ends_ms = (now_ms // 1000 + seconds) * 1000
    name = parameters["RoleSessionName"]
    key = Key(
        access_key_id=f"STS.{secrets.token_hex(12)}",
        secret=f"session-secret-{secrets.token_hex(16)}",
        account_id=role.account_id,
        token=f"session-token-{secrets.token_hex(32)}",
        permissions=_permissions(role, parameters.get("Policy")),
        expires_ms=ends_ms,
        session_arn=f"{role.arn.replace(':role/', ':assumed-role/')}/{name}",
    )
    state.keys.append(key)
    state.revision += 1
    return {
        "Credentials": {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.secret,
            "SecurityToken": key.token,
            "Expiration": datetime.fromtimestamp(ends_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "AssumedRoleUser": {"Arn": key.session_arn, "AssumedRoleId": f"{role.account_id}:{name}"},
    }


def _permissions(role: Role, policy: str | None) -> list[str] | None:
    """What both the role and the session's policy allow; of a policy only plain action names are understood."""
    if not policy:
        return role.permissions
    try:
        statements = json.loads(policy)["Statement"]
        named = [name for one in statements if one["Effect"] == "Allow" for name in one["Action"]]
    except (ValueError, KeyError, TypeError):
        raise ApiFault(
            400, "InvalidParameter.PolicyGrammar", "The parameter Policy has not passed grammar check."
        ) from None
    actions = [name.partition(":")[2] for name in named]
    return actions if role.permissions is None else [action for action in actions if action in role.permissions]


def _encoded(text: str) -> str:
    return quote(text, safe="~")
