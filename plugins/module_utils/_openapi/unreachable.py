# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failure below HTTP means: whether anything was carried out, and what to do about it."""

from __future__ import annotations

import contextlib

from .errors import ApiError, after_a_loss
from .text import printable

with contextlib.suppress(ImportError):  # the transport tells that requests is missing
    import requests
    from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError, ReadTimeoutError


def unreachable(action: str, host: str, error: Exception, write: bool) -> ApiError:
    """What a failure below HTTP means: a connection that never stood has carried nothing."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        # A certificate is refused before the request is sent (SSLCertVerificationError and urllib3's CertificateError are
        # ValueErrors); TLS may as well break after that.
        if not isinstance(reason.args[0] if reason and reason.args else None, ValueError):
            return ApiError(
                f"the TLS connection to {host} broke: {printable(reason or error)}",
                action=action,
                hint=f"check endpoint, proxy and ca_path; {after_a_loss(write)}",
                maybe_done=True,
                repeatable=True,
            )
        return ApiError(
            f"the certificate of {host} was not accepted: {printable(reason or error)}",
            action=action,
            hint="check endpoint; for a certificate authority of your own give ca_path",
            every_call=True,
        )
    if isinstance(
        error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationParseError, TypeError)
    ):
        # The error's own text may hold the user and password of a proxy.
        return ApiError(
            f"no request to {host} can be made",
            action=action,
            hint="check endpoint, and the proxy settings in the environment",
            every_call=True,
        )
    if _never_connected(error, reason):
        return ApiError(
            f"{host} can't be reached: {printable(_root(reason or error))}",
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
    timed_out = isinstance(error, (requests.exceptions.ReadTimeout, ReadTimeoutError))
    return ApiError(
        f"{host} gave no answer in time"
        if timed_out
        else f"the connection to {host} broke: {printable(reason or error)}",
        action=action,
        hint=after_a_loss(write),
        maybe_done=True,
        repeatable=True,
    )


def _root(error: object) -> object:
    """The error below, in words of its own: those above it name classes and objects."""
    inner = getattr(error, "original_error", None) or getattr(error, "__cause__", None)
    return _root(inner) if inner else error


def _never_connected(error: Exception, reason: object) -> bool:
    """Whether a connection never stood. A proxy's error says so only if its own cause does."""
    cause = getattr(reason, "original_error", reason)
    refused = isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed")
    return (
        refused
        or isinstance(error, requests.exceptions.ConnectTimeout)
        or isinstance(cause, (NewConnectionError, ConnectTimeoutError))
    )
