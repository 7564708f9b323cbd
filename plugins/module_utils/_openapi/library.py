# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins by the vendor's library alibabacloud_credentials, which is imported here and nowhere else, and when it is asked for.

Of what it raises, and of what it logs, nothing is passed on: it quotes whole answers, and URLs with tokens in them.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Callable

from .assumed_role import STS_HOST, check_session
from .credentials import OIDC_METHOD, Credentials, sendable
from .errors import ApiError, MissingLibrary, OptionError
from .login_files import profile_to_use, type_of_section
from .text import printable
from .transport import base_url

# The library renews a set well before it ends. Not more often than in so many seconds is it asked whether it has:
# some of its ways answer only by a call, or by a process of their own.
_ASK_AGAIN = 60.0
_METADATA_MS = 1000
# What a provider falls back to, and read once from the environment, when the library was imported. None and "false": what
# belongs to a set of credentials is given by whoever named the place, and is never filled up from another one.
_FALLBACKS: tuple[tuple[str, str | None, str | None], ...] = (
    ("environment_role_arn", None, None),
    ("environment_oidc_provider_arn", None, None),
    ("environment_oidc_token_file", None, None),
    ("environment_ecs_metadata", None, None),
    ("environment_ecs_metadata_disabled", None, "false"),
    ("environment_cli_profile_disabled", None, "false"),
    ("environment_role_session_name", "ALIBABA_CLOUD_ROLE_SESSION_NAME", None),
    ("environment_sts_region", "ALIBABA_CLOUD_STS_REGION", None),
    ("environment_enable_vpc", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "false"),
    ("environment_imds_v1_disabled", "ALIBABA_CLOUD_IMDSV1_DISABLED", "false"),
)
_PATCHING = threading.RLock()
_STATUS = re.compile(r"(?:http_code[:=]|HttpCode=|status code:) ?(\d{3})")
_CODE = re.compile(r'"Code"\s*:\s*"([A-Za-z][\w.-]{1,79})"', re.ASCII)

Provider = Any  # the library has no types
Make = Callable[[Any], Provider]


class LibrarySource:
    """The sets that one provider of the library gives. ``make`` makes the provider, ``advice`` says what to check."""

    def __init__(self, method: str, make: Make, advice: str, environ: Mapping[str, str]) -> None:
        self.method = method
        self._make = make
        self._advice = advice
        self._environ = environ
        self._library = _imported(method)
        self._lock = threading.Lock()
        self._provider: Provider = None
        self._last: Credentials | None = None
        self._ask_at = 0.0

    def current(self) -> Credentials:
        """The set to sign with now. Raises :class:`ApiError`."""
        with self._lock:
            if self._last is None:
                return self._ask()
            if time.monotonic() < self._ask_at:
                return self._last
            try:
                return self._ask()
            except ApiError:
                # The old one still holds for a while; when it does not, the service says so, and it is renewed or all ends.
                self._ask_at = time.monotonic() + _ASK_AGAIN
                return self._last

    def renewed(self, refused: Credentials) -> Credentials | None:
        """A set other than the ``refused`` one, from a provider that remembers nothing. Raises :class:`ApiError`."""
        with self._lock:
            if self._last is None or _same(self._last, refused):
                self._provider = None
                self._ask()
            return None if self._last is None or _same(self._last, refused) else self._last

    def _ask(self) -> Credentials:
        try:
            with _obeying(self._environ):
                if self._provider is None:
                    self._provider = self._make(self._library)
                given = self._provider.get_credentials()
        except Exception as error:
            raise self._failure(error) from None
        self._last = self._checked(given)
        self._ask_at = time.monotonic() + _ASK_AGAIN
        return self._last

    def _checked(self, given: Any) -> Credentials:
        key_id, secret = given.get_access_key_id(), given.get_access_key_secret()
        token = given.get_security_token() or None
        for part in filter(None, (key_id, secret, token)):
            if not isinstance(part, str) or not sendable(part):
                raise self._error("the set that came is not usable")
        if not key_id or not secret:
            raise self._error("half a set came")
        expires_at = given.get_expiration() if hasattr(given, "get_expiration") else None
        return Credentials(key_id, secret, token, expires_at=expires_at or None, method=self.method)

    def _failure(self, error: Exception) -> ApiError:
        """What can be told of ``error`` without its text."""
        text = str(error)
        status, code = _STATUS.search(text), _CODE.search(text)
        if isinstance(error, OSError) and error.filename:
            return self._error(f"{printable(error.filename)} can't be read: {error.strerror}")
        if status:
            return self._error(
                f"the answer was HTTP {status[1]}", code=code[1] if code else "", http_status=int(status[1])
            )
        if type(error).__name__ == "RetryError":
            return self._error("there was no answer")
        return self._error(f"no set came ({type(error).__name__})", code=code[1] if code else "")

    def _error(self, message: str, code: str = "", http_status: int | None = None) -> ApiError:
        return ApiError(
            message,
            action=f"Login by {self.method}",
            code=code,
            http_status=http_status,
            hint=self._advice,
            every_call=True,
        )


def cli_profile(path: str, name: str | None, environ: Mapping[str, str]) -> LibrarySource:
    """The profile ``name`` of the CLI's file, or its current one. Raises :class:`OptionError`, :class:`MissingLibrary`."""
    found, modes = profile_to_use(path, name)
    if "EcsRamRole" in modes:
        _ask_the_instance_itself(environ)
    advice = f"check profile {printable(found)} (mode {' over '.join(modes)}) in {printable(path)}"
    if {"CloudSSO", "OAuth"} & set(modes):
        advice += ", and log in again with aliyun configure when its login has ended"
    return LibrarySource(
        "profile", lambda lib: lib.CLIProfileCredentialsProvider(profile_name=found, profile_file=path), advice, environ
    )


def credentials_file(path: str, section: str, environ: Mapping[str, str]) -> LibrarySource:
    """The ``section`` of a credentials file. Raises :class:`OptionError`, :class:`MissingLibrary`."""
    if type_of_section(path, section) == "ecs_ram_role":
        _ask_the_instance_itself(environ)
    return LibrarySource(
        "credentials_file",
        lambda lib: lib.ProfileCredentialsProvider(profile_file=path, profile_name=section),
        f"check section {printable(section)} in {printable(path)}",
        environ,
    )


def oidc_role(
    role_arn: str, provider_arn: str, token_file: str, options: Mapping[str, Any], environ: Mapping[str, str]
) -> LibrarySource:
    """The role that an OIDC token opens, in a session as ``options`` and ``environ`` ask for it.

    Raises :class:`OptionError`, :class:`MissingLibrary`.
    """
    name, policy, seconds = check_session(options, environ)
    given = options.get("sts_endpoint")
    # The library calls by https, and wants a host.
    host = base_url(given, "sts_endpoint").split("://")[1] if given else None
    return LibrarySource(
        OIDC_METHOD,
        lambda lib: lib.OIDCRoleArnCredentialsProvider(
            role_arn=role_arn,
            oidc_provider_arn=provider_arn,
            oidc_token_file_path=token_file,
            role_session_name=name,
            policy=policy,
            duration_seconds=seconds,
            sts_endpoint=host,
        ),
        f"check that the trust policy of role {printable(role_arn)} names {printable(provider_arn)}, the token's file, and "
        f"{host or STS_HOST}",
        environ,
    )


def ecs_role(name: str | None, environ: Mapping[str, str]) -> LibrarySource:
    """The role ``name`` of this ECS instance, or whichever it has. Raises :class:`OptionError`, :class:`MissingLibrary`."""
    _ask_the_instance_itself(environ)

    def make(lib: Any) -> Provider:
        from alibabacloud_credentials.http import HttpOptions  # type: ignore[import-untyped]  # it ships no types

        # Without a background thread: who asks waits, which is a matter of milliseconds on the instance itself.
        limits = HttpOptions(connect_timeout=_METADATA_MS, read_timeout=_METADATA_MS)
        # An empty name makes the provider ask for it; None would make it take the environment's.
        return lib.EcsRamRoleCredentialsProvider(role_name=name or "", http_options=limits, async_update_enabled=False)

    which = f"the role {printable(name)}" if name else "a role"
    return LibrarySource("ecs_ram_role", make, f"check that this is an ECS instance which has {which}", environ)


def credentials_uri(uri: str, environ: Mapping[str, str]) -> LibrarySource:
    """The sets that a server of one's own gives. ``uri`` may hold a password, and is never shown. Raises :class:`MissingLibrary`."""
    if not uri.startswith(("http://", "https://")):
        raise OptionError("ALIBABA_CLOUD_CREDENTIALS_URI is no URL: give one that begins with http:// or https://")
    return LibrarySource(
        "credentials_uri",
        lambda lib: lib.URLCredentialsProvider(uri=uri),
        "check the server that ALIBABA_CLOUD_CREDENTIALS_URI names",
        environ,
    )


def metadata_proxy(environ: Mapping[str, str]) -> str | None:
    """The variable that leads the library's calls to the ECS metadata service astray, or None when there is none."""
    return next((name for name in ("HTTP_PROXY", "http_proxy") if environ.get(name)), None)


def _ask_the_instance_itself(environ: Mapping[str, str]) -> None:
    # The library knows no exception from the proxy: a proxy on an instance would give the role of its own.
    proxy = metadata_proxy(environ)
    if proxy:
        raise OptionError(
            f"{proxy} is set, and the proxy would be asked for its instance's role in place of this one: set {proxy} to an empty text "
            "in the task's environment"
        )


def _same(one: Credentials, other: Credentials) -> bool:
    return (one.access_key_id, one.security_token) == (other.access_key_id, other.security_token)


def _imported(method: str) -> Any:
    try:
        from alibabacloud_credentials import provider  # type: ignore[import-untyped]  # it ships no types
    except ImportError:
        raise MissingLibrary("alibabacloud_credentials", f"to log in by {method}", traceback.format_exc()) from None
    # Both write to stderr what they get, secrets included.
    for name in ("credentials", "alibabacloud-tea"):
        logging.getLogger(name).disabled = True
    logging.getLogger("apscheduler").addHandler(logging.NullHandler())  # its threads for the ECS role of a file
    return provider


@contextlib.contextmanager
def _obeying(environ: Mapping[str, str]) -> Iterator[None]:
    """The library with the fallbacks of ``environ``, and as it was afterwards: others in this process may use it too."""
    from alibabacloud_credentials.utils import auth_util  # type: ignore[import-untyped]  # it ships no types

    with _PATCHING:
        before = {attribute: getattr(auth_util, attribute) for attribute, _name, _default in _FALLBACKS}
        try:
            for attribute, name, default in _FALLBACKS:
                setattr(auth_util, attribute, environ.get(name) or default if name else default)
            yield
        finally:
            for attribute, value in before.items():
                setattr(auth_util, attribute, value)
