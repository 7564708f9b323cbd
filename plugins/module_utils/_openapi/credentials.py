# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and environment in, the source of credentials out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .errors import OptionError
from .secrets import Hidden

OIDC_METHOD = "oidc_role_arn"
_PARTS = ("access_key_id", "access_key_secret", "security_token")

# Each generation of names is a source of its own: a key under a new name never meets a token under an old one.
ENVIRONMENT: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        "access_key_id": ("ALIBABA_CLOUD_ACCESS_KEY_ID",),
        "access_key_secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET",),
        "security_token": ("ALIBABA_CLOUD_SECURITY_TOKEN",),
    },
    {
        "access_key_id": ("ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"),
        "access_key_secret": ("ALICLOUD_SECRET_KEY", "ALICLOUD_SECRET_ACCESS_KEY"),
        "security_token": ("ALICLOUD_SECURITY_TOKEN",),
    },
)


class Credentials:
    """A set of credentials, whole from one source, of which it is the only one. Its repr shows no secret.

    ``expires_at`` is in seconds since 1970, None when the set does not expire or does not say so. ``method`` names for a
    person where it came from.
    """

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
        *,
        expires_at: float | None = None,
        method: str = "access key",
    ) -> None:
        self.access_key_id = access_key_id
        self.access_key_secret = access_key_secret
        self.security_token = security_token
        self.expires_at = expires_at
        self.method = method

    def __repr__(self) -> str:
        return f"Credentials(access_key_id={self.access_key_id!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be shown nowhere."""
        return tuple(filter(None, (self.access_key_secret, self.security_token)))

    def current(self) -> Credentials:
        """The set itself."""
        return self

    def renewed(self, _refused: Credentials) -> Credentials | None:
        """None: there is no other set."""
        return None


class Source(Protocol):
    """Where sets of credentials come from. For use by several threads."""

    @property
    def method(self) -> str:
        """Its name for a person; never a value."""

    def current(self) -> Credentials:
        """The set to sign with now, renewed before it expires. Raises SecurityCenterError."""

    def renewed(self, refused: Credentials) -> Credentials | None:
        """Another set than the one that the service ``refused`` as expired; None when there is none. Raises SecurityCenterError."""


def resolve(options: Mapping[str, object], environ: Mapping[str, str], hidden: Hidden) -> Source:
    """Where the sets come from that ``options`` (the connection options) and ``environ`` ask for.

    The first place that names any part of a set is the one: the task's options, then the environment's keys, then the places
    of places.py. Where a role is named it is assumed on top. ``hidden`` gets to know every secret.
    Raises :class:`OptionError` when no place names anything, or the first one that does is not usable, and
    :class:`MissingLibrary`.
    """
    role_arn = options.get("role_arn") or _role_of(environ)
    base: Source | None = _plain_keys(options, environ)
    if base is None:
        from .places import find  # when it is used: each task compiles what it imports

        # The policy is for the session that works. One beneath it has to assume its role, and nothing else.
        on_top = role_arn and role_arn != environ.get("ALIBABA_CLOUD_ROLE_ARN")
        base = find({**options, "role_policy": None} if on_top else options, environ)
    elif isinstance(base, Credentials):
        hidden.add(base.secrets)
    if not role_arn and options.get("role_policy") and base.method != OIDC_METHOD:
        raise OptionError("role_policy is of no use without a role, which it would narrow: give role_arn, or remove it")
    if not role_arn or (base.method == OIDC_METHOD and role_arn == environ.get("ALIBABA_CLOUD_ROLE_ARN")):
        return base  # the login by OIDC was to that role
    from .assumed_role import AssumedRole  # when it is used: each task compiles what it imports

    return AssumedRole(base, {**options, "role_arn": role_arn}, environ, hidden)


def _plain_keys(options: Mapping[str, object], environ: Mapping[str, str]) -> Credentials | None:
    """The keys of the task's options, else of the environment; None when another place is asked for, or no key is given."""
    found = {part: (part, options.get(part)) for part in _PARTS}
    keys = [part for part, (_name, value) in found.items() if value]
    ways = keys[:1] + [name for name in ("profile", "ecs_role_name") if options.get(name)]
    if len(ways) > 1:
        raise OptionError(f"{' and '.join(ways)} each name credentials of their own: give one of them")
    if keys:
        return _whole_set("the task's options give", found, "task options")
    if ways:
        return None
    for names in ENVIRONMENT:
        found = {part: _first_set(environ, names[part]) for part in _PARTS}
        if any(value for _name, value in found.values()):
            return _whole_set("the environment gives", found, "environment")
    return None


def _role_of(environ: Mapping[str, str]) -> str | None:
    """The role to assume by the environment. Beside the OIDC variables it names the role of the OIDC login, and no other."""
    if environ.get("ALIBABA_CLOUD_OIDC_PROVIDER_ARN") and environ.get("ALIBABA_CLOUD_OIDC_TOKEN_FILE"):
        return None
    return environ.get("ALIBABA_CLOUD_ROLE_ARN")


def _first_set(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, object]:
    return next(((name, environ[name]) for name in names if environ.get(name)), (names[0], None))


def _whole_set(source: str, found: Mapping[str, tuple[str, object]], method: str) -> Credentials:
    for part in ("access_key_id", "access_key_secret"):
        name, value = found[part]
        if not value:
            others = " and ".join(other for other, given in found.values() if given)
            raise OptionError(f"half a set of credentials: {source} {others} but not {name}: give both, or neither")
    values = {part: _usable(name, value) for part, (name, value) in found.items() if value}
    return Credentials(
        values["access_key_id"], values["access_key_secret"], values.get("security_token"), method=method
    )


def sendable(text: str) -> bool:
    """Whether a part of a set can travel in headers and in an HMAC."""
    return all("!" <= c <= "~" for c in text)


def _usable(name: str, value: object) -> str:
    text = str(value)
    # Anything else is a slip of copy and paste. Never shown.
    if not sendable(text):
        raise OptionError(f"{name} holds white space or characters outside ASCII: copy it again, without line breaks")
    return text
