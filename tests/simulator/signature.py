# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's side of ACS3-HMAC-SHA256: who sent this request, and did it arrive as it was signed?

Written from the vendor's "V3 request body and signature mechanism", from the server's point of view: everything is
rebuilt from the request as received.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from .errors import ApiFault
from .state import Key

ALGORITHM = "ACS3-HMAC-SHA256"
TOLERANCE_MS = 15 * 60 * 1000
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{{64}})"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NEEDED = {
    "authorization": "MissingAuthorization",
    "x-acs-action": "MissingAction",
    "x-acs-version": "MissingVersion",
    "x-acs-date": "MissingDate",
    "x-acs-signature-nonce": "MissingSignatureNonce",
    "x-acs-content-sha256": "MissingContentSha256",
}


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as it came off the wire: raw path and query, header names in lower case, undecoded body."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def action(self) -> str:
        """Named by a header, or as RPC has it in the query."""
        return self.headers.get("x-acs-action") or dict(parse_qsl(self.query)).get("Action", "")


class Nonces:
    """The nonces of accepted requests, for as long as their date would be accepted."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def use(self, key_id: str, nonce: str, now_ms: int) -> None:
        """Take note of a nonce; 400 SignatureNonceUsed when it came before."""
        while self._seen and now_ms - next(iter(self._seen.values())) > 2 * TOLERANCE_MS:
            del self._seen[next(iter(self._seen))]
        if (key_id, nonce) in self._seen:
            raise ApiFault(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._seen[key_id, nonce] = now_ms


def authenticate(request: ReceivedRequest, keys: list[Key], nonces: Nonces, now_ms: int) -> Key:
    """The key that signed the request; ApiFault when nobody can be held to it."""
    for name, code in _NEEDED.items():
        if not request.headers.get(name):
            raise ApiFault(400, code, f"The request header {name} is mandatory for this action.")
    parsed = _AUTHORIZATION.fullmatch(request.headers["authorization"])
    if parsed is None:
        raise ApiFault(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    key_id, signed_names, signature = parsed.groups()
    key = known_key(key_id, keys)
    check_date(request.headers["x-acs-date"], now_ms)
    _check_token_headers(request.headers, key, now_ms)
    _check_signed_names(request, signed_names.split(";"))
    _check_signature(request, key, signed_names, signature)
    nonces.use(key_id, request.headers["x-acs-signature-nonce"], now_ms)
    return key


def known_key(key_id: str, keys: list[Key]) -> Key:
    """The key of that id; ApiFault when there is none, or it is disabled."""
    key = next((key for key in keys if key.access_key_id == key_id), None)
    if key is None:
        raise ApiFault(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    if not key.active:
        raise ApiFault(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
    return key


def canonical_request(request: ReceivedRequest, signed_names: str) -> str:
    """The canonical request of the V3 mechanism, of the headers that ``signed_names`` (joined by ``;``) names."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    query = "&".join(f"{name}={value}" for name, value in sorted((_encoded(n), _encoded(v)) for n, v in pairs))
    names = sorted(signed_names.split(";"))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    body_hash = hashlib.sha256(request.body).hexdigest()
    return "\n".join([request.method, request.path, query, headers, signed_names, body_hash])


def check_date(text: str, now_ms: int) -> None:
    """ApiFault when a request's date is none, or is too far away."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ApiFault(400, "InvalidTimeStamp.Format", "Specified time stamp or date is not well formatted.") from None
    if abs(moment.timestamp() * 1000 - now_ms) > TOLERANCE_MS:
        raise ApiFault(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _check_token_headers(headers: dict[str, str], key: Key, now_ms: int) -> None:
    token = headers.get("x-acs-security-token", "")
    wrong_pair = headers.get("x-acs-accesskey-id", key.access_key_id) != key.access_key_id
    check_token("another" if wrong_pair else token, key, now_ms)


def check_token(token: str, key: Key, now_ms: int) -> None:
    """ApiFault when the token is not that of the key, or its time is over."""
    if (key.token and not token) or (key.expires_ms and now_ms >= key.expires_ms):
        raise ApiFault(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired or missing.")
    if token != key.token:
        raise ApiFault(
            400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey."
        )


def _check_signed_names(request: ReceivedRequest, signed: list[str]) -> None:
    required = {"host"} | {name for name in request.headers if name.startswith("x-acs-")}
    if request.body:
        required.add("content-type")
    absent = sorted(required - set(signed))
    if absent:
        raise mismatch(f"these headers must be in SignedHeaders: {', '.join(absent)}")


def _check_signature(request: ReceivedRequest, key: Key, signed_names: str, signature: str) -> None:
    if request.headers["x-acs-content-sha256"] != hashlib.sha256(request.body).hexdigest():
        raise mismatch("x-acs-content-sha256 is not the SHA-256 of the body")
    canonical = canonical_request(request, signed_names)
    string_to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(key.secret.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise mismatch(f"server CanonicalRequest is [{canonical}]")


def mismatch(reason: str) -> ApiFault:
    """The fault of a wrong signature."""
    return ApiFault(400, "SignatureDoesNotMatch", f"Specified signature does not match our calculation: {reason}")


def _encoded(text: str) -> str:
    return quote(text, safe="~")
