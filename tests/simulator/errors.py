# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception by which a call is refused."""

from __future__ import annotations

from typing import Any


class ApiFault(Exception):
    """An answer of the gateway or the service that is not a success.

    ``extra`` are fields of the body beside Code and Message; ``headers`` go out with the answer.
    """

    def __init__(
        self,
        http_status: int,
        code: str,
        message: str,
        *,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.http_status = http_status
        self.code = code
        self.message = message
        self.extra = extra or {}
        self.headers = headers or {}


def illegal(message: str) -> ApiFault:
    """400 IllegalParam: the service understood the parameter and does not accept its value."""
    return ApiFault(400, "IllegalParam", message)


def throttled(headers: dict[str, str] | None = None) -> ApiFault:
    """The flow-control answer: HTTP 400, told by its Code alone."""
    return ApiFault(400, "Throttling.User", "Request was denied due to user flow control.", headers=headers)
