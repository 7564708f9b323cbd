# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options in, clients out: one for each data plane that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.credentials import Source, resolve
from .._openapi.errors import OptionError
from .._openapi.secrets import Hidden
from .._openapi.text import printable
from .._openapi.transport import connection_of
from .service import PLANES, PRODUCT, endpoint_of, plane_of

BOTH = "both"

Check = Callable[[], None]


class Plane(NamedTuple):
    """A data plane and a client for it. ``name`` is None when the endpoint is of the user's own and does not tell."""

    name: str | None
    client: OpenApiClient


class _MemberClient(OpenApiClient):
    """A session under a role in a member account: its calls are about that account, which they need not name."""

    def call(self, action: str, parameters: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        return super().call(action, {**parameters, "ResourceDirectoryAccountId": None}, **how)


def open_planes(
    options: Mapping[str, Any], environ: Mapping[str, str], hidden: Hidden, before_write: Check | None = None
) -> list[Plane]:
    """The planes that ``options`` (the connection options, with data_planes and data_plane_endpoints) ask for.

    ``hidden`` gets to know every secret that is used. ``before_write`` is called before each write. Calls nothing yet.
    Raises SecurityCenterError for what is wrong with the options.
    """
    source = _source(options, environ, hidden)
    kind = _MemberClient if options.get("member_role_name") else OpenApiClient
    return [
        Plane(name, kind(PRODUCT, source, connection_of(options, endpoint), before_write, hidden))
        for name, endpoint in _endpoints(options)
    ]


def _source(options: Mapping[str, Any], environ: Mapping[str, str], hidden: Hidden) -> Source:
    account, role = options.get("resource_directory_account_id"), options.get("member_role_name")
    # The policy is for the session in the member. One beneath it has to assume that role, and nothing else.
    source = resolve({**options, "role_policy": None} if role is not None else options, environ, hidden)
    if role is None:
        return source
    if account is None:
        raise OptionError(
            f"member_role_name {printable(role)} is of no use without resource_directory_account_id: name the member account"
        )
    # When they are used: each task compiles what it imports.
    from .._openapi.assumed_role import AssumedRole
    from .request import account_id

    member = account_id("resource_directory_account_id", account)
    of_member = {"role_arn": f"acs:ram::{member}:role/{role}", "external_id": None}
    return AssumedRole(source, {**options, **of_member}, environ, hidden)


def _endpoints(options: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """The planes' names and endpoints."""
    wanted = options.get("data_planes")
    own = {name: given for name, given in (options.get("data_plane_endpoints") or {}).items() if given}
    if wanted is None:
        if own:
            raise OptionError(
                "data_plane_endpoints is of no use without data_planes: give china, international or both"
            )
        endpoint = endpoint_of(options)
        return [(plane_of(endpoint), endpoint)]
    if options.get("endpoint"):
        raise OptionError(
            f"endpoint names one place to call, and data_planes {wanted} asks for planes: give data_plane_endpoints instead of it"
        )
    names = list(PLANES) if wanted == BOTH else [wanted]
    return [(name, own.get(name) or PLANES[name]) for name in names]
