# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One signed call to the vendor's OpenAPI gateway, paced, and repeated where that is safe."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Callable, NamedTuple, TypeVar

from .credentials import Credentials, Source
from .errors import EXPIRED_TOKEN, ApiError, Circumstances, Meaning, OptionError, TooLate, after_a_loss, from_answer
from .lanes import at_once
from .limits import Pace, backoff, retry_after, used_up
from .secrets import Hidden
from .signature import authorization, query_string, sha256_hex
from .text import printable
from .transport import Answer, Connection, Transport

_USER_AGENT = "ansible-collection/alicloud.security_center"
_LONGEST_REPEATING = 120.0
_WILDEST_CLOCK = 365 * 86400.0
_NO_BODY = sha256_hex(b"")

Item = TypeVar("Item")
Result = TypeVar("Result")


class Product(NamedTuple):
    """What the gateway calls one service: its API version, its name in RAM, and its own error codes."""

    version: str
    ram_code: str
    error_codes: Mapping[str, Meaning] = {}


class OpenApiClient:
    """A session with one endpoint under the credentials of one source. For use by several threads.

    At most ``max_concurrency`` calls are under way at once. ``before_write`` is called before each write, whenever it is
    made or made again, and stops it by raising. ``hidden`` takes every secret out of a text that was used until then,
    ``method`` names where the credentials come from.
    """

    def __init__(
        self,
        product: Product,
        source: Source,
        connection: Connection,
        before_write: Callable[[], None] | None = None,
        hidden: Hidden | None = None,
    ) -> None:
        self._product = product
        self.source = source
        self.method = source.method
        self.hidden = hidden or Hidden()
        if isinstance(source, Credentials):
            self.hidden.add(source.secrets)
        self._transport = Transport(connection)
        self._pace = Pace(connection.requests_per_second)
        self._under_way = threading.BoundedSemaphore(connection.max_concurrency)
        self._before_write = before_write
        self._max_retries = connection.max_retries
        self._skew = 0.0
        self.knows_the_time = False  # whether an answer has told the service's clock
        self.max_concurrency = connection.max_concurrency

    def now(self) -> float:
        """The service's clock, in seconds since 1970: this machine's, corrected by the last answer's Date header."""
        return time.time() + self._skew

    def at_once(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """``work(item)`` for each of ``items``, several at a time, in their order. Raises what the first failure raised."""
        return at_once(self.max_concurrency, work, items)

    def call(
        self,
        action: str,
        parameters: Mapping[str, Any],
        *,
        write: bool = False,
        subject: str = "",
        not_after: float | None = None,
    ) -> dict[str, Any]:
        """The answer of ``action``, a JSON object.

        ``parameters`` are named as the API names them; None is left out, lists become Name.1, Name.2 …
        A write is repeated only after an error that proves that nothing was done. ``subject`` names in an error's
        hint what the call was about. Raises :class:`ApiError`, and :class:`TooLate` when the call, or its repetition,
        would not start before ``not_after`` (of time.monotonic).
        """
        query = query_string(flatten(parameters))
        until = time.monotonic() + _LONGEST_REPEATING
        attempt = 0
        renewed = False
        while True:
            credentials = self.source.current()
            self.hidden.add(credentials.secrets)
            try:
                answer = self._post(action, query, credentials, write, not_after)
                return self._read(answer, action, credentials, subject, write)
            except ApiError as error:
                if error.code == EXPIRED_TOKEN and not renewed and self.source.renewed(credentials):
                    renewed = True  # the service did nothing: it did not know who called
                    continue
                attempt += 1
                pause = error.retry_after or backoff(attempt)
                if error.throttled:
                    self._pace.throttled(action, pause)
                may_repeat = error.repeatable and not (write and error.maybe_done)
                if not may_repeat or attempt > self._max_retries or time.monotonic() + pause > until:
                    raise
                if not error.throttled:
                    time.sleep(pause)

    def _post(self, action: str, query: str, credentials: Credentials, write: bool, not_after: float | None) -> Answer:
        while True:
            self._pace.wait(action)
            with self._under_way:
                if not_after is not None and time.monotonic() > not_after:
                    raise TooLate(f"{action} could not start in time")
                if self._pace.take(action):
                    if write and self._before_write:
                        self._before_write()
                    return self._transport.post(action, query, self._headers(action, query, credentials), write)

    def _read(self, answer: Answer, action: str, credentials: Credentials, subject: str, write: bool) -> dict[str, Any]:
        self._learn_the_time(answer.headers)
        if 300 <= answer.status < 400:
            raise ApiError(
                f"{self._transport.host} answered with a redirect (HTTP {answer.status}), which is never followed",
                action=action,
                http_status=answer.status,
                hint="check endpoint, and the proxy if there is one",
                every_call=True,
            )
        body = _json_object(action, answer, write, self.hidden)
        failure = from_answer(
            answer.status,
            body,
            Circumstances(
                action=action,
                ram_action=f"{self._product.ram_code}:{action}",
                access_key_id=credentials.access_key_id,
                skew=_in_words(self._skew),
                subject=subject,
            ),
            self._product.error_codes,
            retry_after(answer.headers),
            self.hidden,
        )
        if failure is not None:
            raise failure
        self._pace.went_well(action, used_up(answer.headers))
        return body

    def _headers(self, action: str, query: str, credentials: Credentials) -> dict[str, str]:
        signed = {
            "host": self._transport.host,
            "x-acs-action": action,
            "x-acs-version": self._product.version,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-signature-nonce": os.urandom(16).hex(),
            "x-acs-content-sha256": _NO_BODY,
        }
        if credentials.security_token:
            signed["x-acs-accesskey-id"] = credentials.access_key_id
            signed["x-acs-security-token"] = credentials.security_token
        signature = authorization(
            credentials.access_key_id,
            credentials.access_key_secret,
            method="POST",
            path="/",
            query=query,
            headers=signed,
            body_sha256=_NO_BODY,
        )
        return {**signed, "Authorization": signature, "Accept": "application/json", "User-Agent": _USER_AGENT}

    def _learn_the_time(self, headers: Mapping[str, str]) -> None:
        try:
            skew = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
        except (KeyError, TypeError, ValueError, OverflowError):
            return  # no date, or none that can be read: the last one stands
        if abs(skew) < _WILDEST_CLOCK:
            self._skew, self.knows_the_time = skew, True


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


def _json_object(action: str, answer: Answer, write: bool, hidden: Callable[[str], str] = str) -> dict[str, Any]:
    """The body as a JSON object. What is no JSON says nothing of whether the work was done."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    start = printable(hidden(answer.content[:4000].decode("utf-8", "replace"))[:80])
    raise ApiError(
        f"the answer (HTTP {answer.status}) is not a JSON object: {start}",
        action=action,
        http_status=answer.status,
        hint=f"check endpoint and proxy; {after_a_loss(write)}",
        maybe_done=True,
        repeatable=True,
        throttled=answer.status == 429,
    )


def _in_words(skew: float) -> str:
    return f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the service's"
