# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads from the AWX API with the login that AWX's built-in credential type puts into a job's environment.

Its names are CONTROLLER_HOST, CONTROLLER_OAUTH_TOKEN or CONTROLLER_USERNAME with CONTROLLER_PASSWORD, and
CONTROLLER_VERIFY_SSL; older releases say TOWER_ in place of CONTROLLER_.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from .._openapi.errors import ApiError, OptionError, SecurityCenterError
from .._openapi.secrets import Hidden
from .._openapi.text import printable
from .._openapi.transport import Connection, Transport, base_url

_PAGE = 200  # the most that AWX gives by default
_MOST_PAGES = 50
_FALSE = ("false", "no", "off", "0", "f", "n")


class AwxError(SecurityCenterError):
    """AWX could not be asked, or gave no usable answer."""


class AwxApi:
    """The API that ``environ`` names, read only. Raises :class:`AwxError`; its texts hold no token and no password."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        host, token, user, password, verify = (
            environ.get(f"CONTROLLER_{name}") or environ.get(f"TOWER_{name}") or ""
            for name in ("HOST", "OAUTH_TOKEN", "USERNAME", "PASSWORD", "VERIFY_SSL")
        )
        self._authorization = _authorization(token, user, password)
        self._hidden = Hidden((token, password, self._authorization.rpartition(" ")[2]))
        self._root = f"{_prefix(environ)}v2/"
        self._transport = _transport(host, verify.lower() not in _FALSE)

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """The object at ``path``, such as ``jobs/42/``."""
        asked = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        try:
            answer = self._transport.get(path, f"{self._root}{path}{'?' if asked else ''}{asked}", headers)
        except ApiError as error:
            raise AwxError(
                f"AWX can't be asked for {path}: {self._hidden(error.message)} - check CONTROLLER_HOST and "
                "CONTROLLER_VERIFY_SSL, the network and the proxy, and launch the job again"
            ) from None
        if reason := _REFUSALS.get(answer.status):
            raise AwxError(f"AWX gave no {path} (HTTP {answer.status}): {reason}")
        if 300 <= answer.status < 400:
            raise AwxError(
                f"AWX answered for {path} with a redirect (HTTP {answer.status}), which is not followed: CONTROLLER_HOST "
                "must be the address of AWX itself"
            )
        if answer.status != 200:
            raise AwxError(f"AWX answered for {path} with HTTP {answer.status}: look into its log, then launch again")
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise AwxError(f"what answered for {path} is not AWX's API: check CONTROLLER_HOST and the proxy")
        return body

    def every(self, path: str) -> Iterator[dict[str, Any]]:
        """Each object of the list at ``path``, from all of its pages."""
        # The pages are counted here: a link to the next one could lead anywhere, with the token.
        for page in range(1, _MOST_PAGES + 1):
            body = self.get(path, order_by="id", page_size=_PAGE, page=page)
            results = body.get("results")
            if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
                raise AwxError(f"what answered for {path} is not a list of AWX's API: check CONTROLLER_HOST")
            yield from results
            if not body.get("next"):
                return
        raise AwxError(f"{path} of AWX has more than {_MOST_PAGES * _PAGE} entries, which are too many to read")


_REFUSALS = {
    401: "its login was refused: renew the token, or the password, in the credential of type Red Hat Ansible Automation "
    "Platform",
    403: "its login may not read that: give the user of the credential the role Auditor, or Read on the workflow",
    404: "there is none, or the login may not see it: give the user of the credential the role Auditor, or Read on the "
    "workflow",
}


def _authorization(token: str, user: str, password: str) -> str:
    if token:
        if not all("!" <= c <= "~" for c in token):
            raise AwxError("CONTROLLER_OAUTH_TOKEN is damaged: copy the token again")
        return f"Bearer {token}"
    if user and password:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    raise AwxError(
        "there is no login to AWX in the environment: attach a credential of the type Red Hat Ansible Automation Platform "
        "to the job template, with a token or a user and password (CONTROLLER_OAUTH_TOKEN, CONTROLLER_USERNAME, "
        "CONTROLLER_PASSWORD)"
    )


def _transport(host: str, verify: bool) -> Transport:
    if not host:
        raise AwxError(
            "CONTROLLER_HOST is not set: attach a credential of the type Red Hat Ansible Automation Platform to the job "
            "template"
        )
    try:
        base_url(host)
    except OptionError:
        raise AwxError(
            f"CONTROLLER_HOST {printable(host.rpartition('@')[2])} can't be used: give an address such as "
            "https://awx.example.com, without path and user (http is for the loopback address only)"
        ) from None
    return Transport(Connection(endpoint=host, validate_certs=verify))


def _prefix(environ: Mapping[str, str]) -> str:
    """Where the API begins: awx.awx and ansible.controller read the same variable."""
    prefix = environ.get("CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX") or "/api/"
    if not re.fullmatch(r"/(?:[A-Za-z0-9_-]+/)*", prefix):
        raise AwxError(
            f"CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX {printable(prefix)} is not a path: give one such as /api/"
        )
    return prefix
