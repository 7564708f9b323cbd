# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two files that hold logins, checked before the library reads them: its own messages quote what is in them."""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from typing import Any

from .errors import OptionError
from .text import printable

# What each mode, or type, needs: those are the ones that alibabacloud_credentials 1.0.12 knows.
PROFILE_MODES: dict[str, tuple[str, ...]] = {
    "AK": ("access_key_id", "access_key_secret"),
    "StsToken": ("access_key_id", "access_key_secret", "sts_token"),
    "RamRoleArn": ("access_key_id", "access_key_secret", "ram_role_arn"),
    "EcsRamRole": (),
    "OIDC": ("ram_role_arn", "oidc_provider_arn", "oidc_token_file"),
    "ChainableRamRoleArn": ("source_profile", "ram_role_arn"),
    "CloudSSO": ("cloud_sso_sign_in_url", "cloud_sso_account_id", "cloud_sso_access_config", "access_token"),
    "OAuth": ("oauth_refresh_token",),
    "External": ("process_command",),
}
FILE_TYPES: dict[str, tuple[str, ...]] = {
    "access_key": ("access_key_id", "access_key_secret"),
    "ram_role_arn": ("access_key_id", "access_key_secret", "role_arn"),
    "oidc_role_arn": ("role_arn", "oidc_provider_arn", "oidc_token_file_path"),
    "ecs_ram_role": (),
    "rsa_key_pair": ("public_key_id", "private_key_file"),
}


def profile_to_use(path: str, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """The ``wanted`` profile of the CLI's file, or its current one: its name, and its mode before those that it builds on.

    Raises :class:`OptionError`.
    """
    config = _json(path)
    profiles = config.get("profiles")
    if not isinstance(profiles, list) or not all(isinstance(profile, dict) for profile in profiles):
        raise OptionError(f"{printable(path)} has no list of profiles: make it again with aliyun configure")
    by_name = {str(profile.get("name")): profile for profile in profiles}
    name = wanted or config.get("current")
    if not isinstance(name, str) or not name:
        raise OptionError(f"{printable(path)} names no current profile: name one by the option profile")
    return name, _modes(path, by_name, name, ())


def _modes(path: str, by_name: Mapping[str, Mapping[str, Any]], name: str, before: tuple[str, ...]) -> tuple[str, ...]:
    if name in before:
        raise OptionError(f"profile {printable(name)} in {printable(path)} leads back to itself by source_profile")
    if name not in by_name:
        raise OptionError(_not_there("profile", name, path, by_name))
    profile = by_name[name]
    _check_parts(f"profile {printable(name)} in {printable(path)}", "mode", profile.get("mode"), profile, PROFILE_MODES)
    mode = str(profile["mode"])
    if mode != "ChainableRamRoleArn":
        return (mode,)
    return (mode, *_modes(path, by_name, str(profile["source_profile"]), (*before, name)))


def type_of_section(path: str, section: str) -> str:
    """The type of the ``section`` of a credentials file, which can be used. Raises :class:`OptionError`."""
    # As the library reads it. What an error says of a line is not repeated: it may be the one with the secret.
    parser = configparser.ConfigParser()
    try:
        parser.read_string(_text(path))
        sections = {name: dict(parser.items(name)) for name in parser.sections()}
    except configparser.InterpolationError as error:
        raise OptionError(
            f"{printable(path)} has a % in section {printable(error.section)}, option {printable(error.option)}: write it as %%"
        ) from None
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((number for number, _line in getattr(error, "errors", [])), None)
        where = f"line {line} is wrong" if line else "it can't be read"
        raise OptionError(
            f"{printable(path)} is not a credentials file: {where}: give [sections] with name = value"
        ) from None
    if section not in sections:
        raise OptionError(_not_there("section", section, path, sections))
    parts = sections[section]
    _check_parts(f"section {printable(section)} in {printable(path)}", "type", parts.get("type"), parts, FILE_TYPES)
    return str(parts["type"])


def _check_parts(
    what: str, kind: str, given: object, parts: Mapping[str, Any], known: Mapping[str, tuple[str, ...]]
) -> None:
    if not isinstance(given, str) or given not in known:
        told = f"has the {kind} {printable(given)}, which is not known" if given else f"has no {kind}"
        raise OptionError(f"{what} {told}: use one of {', '.join(known)}")
    absent = [name for name in known[given] if not parts.get(name)]
    if absent:
        raise OptionError(f"{what} ({kind} {given}) has no {' and no '.join(absent)}: give it there")


def _not_there(what: str, name: str, path: str, there: Mapping[str, Any]) -> str:
    names = ", ".join(printable(known, 60) for known in sorted(there)) or "none"
    return f"there is no {what} {printable(name)} in {printable(path)}: there are {names}"


def _json(path: str) -> dict[str, Any]:
    try:
        config = json.loads(_text(path))
    except ValueError as error:
        where = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "a number"
        raise OptionError(f"{printable(path)} is not JSON ({where}): make it again with aliyun configure") from None
    except RecursionError:
        raise OptionError(f"{printable(path)} is nested too deeply: make it again with aliyun configure") from None
    if not isinstance(config, dict):
        raise OptionError(f"{printable(path)} is not a JSON object: make it again with aliyun configure")
    return config


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise OptionError(f"{printable(path)} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OptionError(f"{printable(path)} is not text in UTF-8") from None
