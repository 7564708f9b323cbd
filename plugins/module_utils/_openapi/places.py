# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places where credentials may be beside plain keys, and which of them is meant.

What a task names comes before what a variable names, and that before what merely lies in the home directory. Among the
variables the order is that of the vendor's libraries: OIDC role, CLI profile, credentials file, ECS role, credentials URI.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from . import library
from .credentials import ENVIRONMENT, Source
from .errors import MissingLibrary, OptionError, SecurityCenterError
from .text import printable

_OIDC = ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_TOKEN_FILE")
_PROFILE = ("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE")
_FILE = "ALIBABA_CLOUD_CREDENTIALS_FILE"
_ECS_ROLE = ("ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME")
_NO_ECS = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"
_URI = "ALIBABA_CLOUD_CREDENTIALS_URI"
_NO_CLI = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"


class _Home(NamedTuple):
    """The two files of a home directory."""

    cli: str
    ini: str


def find(options: Mapping[str, object], environ: Mapping[str, str]) -> Source:
    """The source that is meant. Asks nothing, but the ECS metadata service when no other place names anything.

    Raises :class:`OptionError` when there is none, or it is not usable, and :class:`MissingLibrary`.
    """
    home = _home(environ)
    source = _named_by_task(options, environ, home) or _named_by_variable(options, environ, home)
    return source or _in_home(environ, home) or _of_this_machine(environ, home)


def _home(environ: Mapping[str, str]) -> _Home:
    home = environ.get("HOME") or os.path.expanduser("~")
    return _Home(
        cli=os.path.join(home, ".aliyun", "config.json"), ini=os.path.join(home, ".alibabacloud", "credentials.ini")
    )


def _named_by_task(options: Mapping[str, object], environ: Mapping[str, str], home: _Home) -> Source | None:
    if options.get("profile"):
        return library.cli_profile(home.cli, str(options["profile"]), environ)
    if options.get("ecs_role_name"):
        return library.ecs_role(str(options["ecs_role_name"]), environ)
    return None


def _named_by_variable(options: Mapping[str, object], environ: Mapping[str, str], home: _Home) -> Source | None:
    # The role alone names no login: it is assumed on top of one.
    if environ.get(_OIDC[0]) or environ.get(_OIDC[2]):
        return _oidc(options, environ)
    profile = _first(environ, _PROFILE)
    ini = environ.get(_FILE)
    if profile and not _on(environ, _NO_CLI) and (os.path.exists(home.cli) or not (ini or os.path.exists(home.ini))):
        return library.cli_profile(home.cli, profile, environ)
    if ini:
        return library.credentials_file(ini, profile or "default", environ)
    role = _first(environ, _ECS_ROLE)
    if role and not _on(environ, _NO_ECS):
        return library.ecs_role(role, environ)
    if environ.get(_URI):
        return library.credentials_uri(environ[_URI], environ)
    return None


def _oidc(options: Mapping[str, object], environ: Mapping[str, str]) -> Source:
    absent = [name for name in _OIDC if not environ.get(name)]
    if absent:
        there = " and ".join(name for name in _OIDC if environ.get(name))
        raise OptionError(
            f"half a set of credentials: the environment gives {there} but not {' and '.join(absent)}: give all three, or none"
        )
    provider, role, token_file = (environ[name] for name in _OIDC)
    return library.oidc_role(role, provider, token_file, options, environ)


def _in_home(environ: Mapping[str, str], home: _Home) -> Source | None:
    if os.path.exists(home.cli) and not _on(environ, _NO_CLI):
        return library.cli_profile(home.cli, None, environ)
    if os.path.exists(home.ini):
        return library.credentials_file(home.ini, _first(environ, _PROFILE) or "default", environ)
    return None


def _of_this_machine(environ: Mapping[str, str], home: _Home) -> Source:
    """The role of the ECS instance that this is, if it is one: its metadata service is given two seconds to say so."""
    if _on(environ, _NO_ECS):
        raise _nothing_found(home, f"{_NO_ECS} forbids to ask it")
    if proxy := library.metadata_proxy(environ):
        raise _nothing_found(home, f"not asked, because the library would ask the proxy of {proxy}")
    try:
        source = library.ecs_role(None, environ)
        source.current()
    except MissingLibrary as error:
        raise _nothing_found(home, f"not asked, because the Python package {error.library} is missing") from None
    except SecurityCenterError:
        raise _nothing_found(home, "it gave none") from None
    return source


def _nothing_found(home: _Home, of_metadata: str) -> OptionError:
    pairs = [f"{names['access_key_id'][0]} and {names['access_key_secret'][0]}" for names in ENVIRONMENT]
    return OptionError(
        "no credentials: there are none in the task's options (access_key_id and access_key_secret, profile, ecs_role_name), in "
        f"the environment variables ({', '.join(pairs)}, {_OIDC[0]} with {_OIDC[1]} and {_OIDC[2]}, {_PROFILE[0]}, {_FILE}, "
        f"{_ECS_ROLE[0]}, {_URI}), in the files {printable(home.cli)} and {printable(home.ini)}, nor at the ECS metadata service "
        f"({of_metadata}): give them in one of these places"
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() == "true"
