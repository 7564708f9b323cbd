# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One signed call to the vendor's OpenAPI gateway, paced, and repeated where that is safe."""

from __future__ import annotations

import ipaddress
import json
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

try:
    import requests
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NewConnectionError
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

from .credentials import Credentials
from .errors import ApiError, Circumstances, Meaning, OptionError, from_answer
from .limits import Pace, backoff, retry_after
from .signature import authorization, percent_encode, query_string, sha256_hex
from .text import printable

_USER_AGENT = "ansible-collection/alicloud.security_center"
_LARGEST_ANSWER = 64 * 1024 * 1024
_LONGEST_CONNECT = 10.0
_WILDEST_CLOCK = 365 * 86400.0
_NO_BODY = sha256_hex(b"")


@dataclass(frozen=True)
class Product:
    """What the gateway calls one service: its API version, its name in RAM, and its own error codes."""

    version: str
    ram_code: str
    error_codes: Mapping[str, Meaning] = field(default_factory=dict)


@dataclass(frozen=True)
class Connection:
    """How calls travel. ``timeout`` is in seconds, for connecting, for each read, and for the whole answer."""

    endpoint: str
    timeout: float = 30.0
    max_retries: int = 5
    requests_per_second: float = 8.0
    validate_certs: bool = True
    ca_path: str | None = None


def base_url(endpoint: str) -> str:
    """The URL of ``endpoint``: a host, or a URL. Plain http is for the loopback address only.

    Raises :class:`OptionError`.
    """
    url = endpoint if "://" in endpoint else f"https://{endpoint}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OptionError(f"endpoint {printable(endpoint)} is not a host or URL: {error}") from error
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    if not host or not bare or not all("!" <= c <= "~" for c in parts.netloc):
        raise OptionError(
            f"endpoint {printable(endpoint)} is not usable: give a host such as tds.cn-shanghai.aliyuncs.com, without path or user"
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise OptionError(
            f"endpoint {printable(endpoint)} is plain http: use https (http is for the loopback address only)"
        )
    if parts.scheme not in ("http", "https"):
        raise OptionError(f"endpoint {printable(endpoint)} has the scheme {printable(parts.scheme)}: use https")
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class OpenApiClient:
    """A session with one endpoint under one set of credentials."""

    def __init__(self, product: Product, credentials: Credentials, connection: Connection) -> None:
        self._product = product
        self._credentials = credentials
        self._connection = connection
        self._url = base_url(connection.endpoint)
        self._host = urlsplit(self._url).netloc
        self._pace = Pace(connection.requests_per_second)
        self._skew = 0.0
        self._session = requests.Session()
        # A netrc entry would replace the Authorization header of a session without an auth of its own.
        self._session.auth = lambda request: request
        # A proxy for plain http would carry the signed request away from this machine.
        self._session.trust_env = self._url.startswith("https:")

    def now(self) -> float:
        """The service's clock, in seconds since 1970: this machine's, corrected by the last answer's Date header."""
        return time.time() + self._skew

    def call(
        self, action: str, parameters: Mapping[str, Any], *, write: bool = False, subject: str = ""
    ) -> dict[str, Any]:
        """The answer of ``action``, a JSON object.

        ``parameters`` are named as the API names them; None is left out, lists become Name.1, Name.2 …
        A write is repeated only after an error that proves that nothing was done. ``subject`` names in an error's
        hint what the call was about. Raises :class:`ApiError`.
        """
        query = query_string(flatten(parameters))
        attempt = 0
        while True:
            self._pace.wait(action)
            try:
                return self._once(action, query, subject)
            except ApiError as error:
                attempt += 1
                may_repeat = error.repeatable and not (write and error.maybe_done)
                if not may_repeat or attempt > self._connection.max_retries:
                    raise
                time.sleep(max(backoff(attempt), error.retry_after or 0.0))

    def _once(self, action: str, query: str, subject: str) -> dict[str, Any]:
        try:
            with self._session.post(
                f"{self._url}/?{query}",
                headers=self._headers(action, query),
                timeout=(min(self._connection.timeout, _LONGEST_CONNECT), self._connection.timeout),
                verify=self._connection.ca_path or self._connection.validate_certs,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, action)
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise _unreachable(action, self._host, error) from error
        self._learn_the_time(response.headers)
        if 300 <= response.status_code < 400:
            raise ApiError(
                f"{self._host} answered with a redirect (HTTP {response.status_code}), which is never followed",
                action=action,
                http_status=response.status_code,
                hint="check endpoint, and the proxy if there is one",
                every_call=True,
            )
        body = _json_object(action, response.status_code, content)
        failure = from_answer(
            response.status_code,
            self._without_secrets(body),
            Circumstances(
                action=action,
                ram_action=f"{self._product.ram_code}:{action}",
                access_key_id=self._credentials.access_key_id,
                skew=_in_words(self._skew),
                subject=subject,
            ),
            self._product.error_codes,
            retry_after(response.headers),
        )
        if failure is not None:
            raise failure
        return body

    def _headers(self, action: str, query: str) -> dict[str, str]:
        signed = {
            "host": self._host,
            "x-acs-action": action,
            "x-acs-version": self._product.version,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": _NO_BODY,
        }
        if self._credentials.security_token:
            signed["x-acs-accesskey-id"] = self._credentials.access_key_id
            signed["x-acs-security-token"] = self._credentials.security_token
        signature = authorization(
            self._credentials.access_key_id,
            self._credentials.access_key_secret,
            method="POST",
            path="/",
            query=query,
            headers=signed,
            body_sha256=_NO_BODY,
        )
        return {**signed, "Authorization": signature, "Accept": "application/json", "User-Agent": _USER_AGENT}

    def _without_secrets(self, body: dict[str, Any]) -> dict[str, Any]:
        """``body`` for an error: a signature error quotes the request, with the token in it."""
        secrets = [
            secret for secret in (self._credentials.access_key_secret, self._credentials.security_token) if secret
        ]
        told = dict(body)
        for name in ("Message", "message"):
            for secret in secrets if isinstance(body.get(name), str) else ():
                told[name] = told[name].replace(secret, "***").replace(percent_encode(secret), "***")
        return told

    def _read(self, response: requests.Response, action: str) -> bytes:
        """The body, within a bound of size and of time."""
        until = time.monotonic() + self._connection.timeout
        content = bytearray()
        for chunk in response.iter_content(65536):
            content += chunk
            if len(content) > _LARGEST_ANSWER or time.monotonic() > until:
                bound = (
                    f"{_LARGEST_ANSWER} bytes" if len(content) > _LARGEST_ANSWER else f"{self._connection.timeout:g} s"
                )
                raise ApiError(
                    f"the answer did not end within {bound}",
                    action=action,
                    http_status=response.status_code,
                    hint="check endpoint and proxy; on a slow line raise timeout",
                    maybe_done=True,
                )
        return bytes(content)

    def _learn_the_time(self, headers: Mapping[str, str]) -> None:
        try:
            skew = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
        except (KeyError, TypeError, ValueError, OverflowError):
            return  # no date, or none that can be read: the last one stands
        if abs(skew) < _WILDEST_CLOCK:
            self._skew = skew


def flatten(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as they travel: None left out, booleans as true and false, lists as Name.1, Name.2 …

    Raises :class:`OptionError` for text that has no UTF-8 form.
    """
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, (list, tuple)):
            flat.update({f"{name}.{place}": _text(name, one) for place, one in enumerate(value, start=1)})
        elif value is not None:
            flat[name] = _text(name, value)
    return flat


def _text(name: str, value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise OptionError(f"{name} holds a character that can't be sent ({printable(text)}): remove it") from error
    return text


def _json_object(action: str, http_status: int, content: bytes) -> dict[str, Any]:
    """``content`` as a JSON object. What is no JSON says nothing of whether the work was done."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    raise ApiError(
        f"the answer (HTTP {http_status}) is not a JSON object: {printable(content[:80].decode('utf-8', 'replace'))}",
        action=action,
        http_status=http_status,
        hint="check endpoint and proxy; read the alerts again before repeating the task",
        maybe_done=True,
        repeatable=True,
    )


def _unreachable(action: str, host: str, error: Exception) -> ApiError:
    """What a failure below HTTP means: a connection that never stood has carried nothing."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        # A certificate is refused before the request is sent (SSLCertVerificationError and urllib3's CertificateError are
        # ValueErrors); TLS may as well break after that.
        if not isinstance(reason.args[0] if reason and reason.args else None, ValueError):
            return ApiError(
                f"the TLS connection to {host} broke: {printable(reason or error)}",
                action=action,
                hint="check endpoint, proxy and ca_path; read the alerts again before repeating the task",
                maybe_done=True,
                repeatable=True,
            )
        return ApiError(
            f"the certificate of {host} was not accepted: {printable(reason or error)}",
            action=action,
            hint="check endpoint; for a certificate authority of your own give ca_path",
            every_call=True,
        )
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationParseError)):
        # The error's own text may hold the user and password of a proxy.
        return ApiError(
            f"no request to {host} can be made",
            action=action,
            hint="check endpoint, and the proxy settings in the environment",
            every_call=True,
        )
    if _never_connected(error, reason):
        return ApiError(
            f"{host} can't be reached: {printable(reason or error)}",
            action=action,
            hint="check endpoint, network and proxy",
            repeatable=True,
            every_call=True,
        )
    if (
        isinstance(error, OSError)
        and not isinstance(error, requests.exceptions.RequestException)
        and error.errno is None
    ):
        # Of the setup, as a bundle of certificates that is not there: an error of the network has a number.
        return ApiError(
            f"no request to {host} can be made: {printable(error)}",
            action=action,
            hint="check ca_path, and REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment",
            every_call=True,
        )
    timed_out = isinstance(error, requests.exceptions.ReadTimeout)
    return ApiError(
        f"{host} gave no answer in time"
        if timed_out
        else f"the connection to {host} broke: {printable(reason or error)}",
        action=action,
        hint="read the alerts again before repeating the task: the call may have been carried out",
        maybe_done=True,
        repeatable=True,
    )


def _never_connected(error: Exception, reason: object) -> bool:
    """Whether a connection never stood. A proxy's error says so only if its own cause does."""
    cause = getattr(reason, "original_error", reason)
    refused = isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed")
    return (
        refused
        or isinstance(error, requests.exceptions.ConnectTimeout)
        or isinstance(cause, (NewConnectionError, ConnectTimeoutError))
    )


def _in_words(skew: float) -> str:
    return f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the service's"
