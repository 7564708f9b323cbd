# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets kept out of what the service says: a signature error quotes the request, with the token in it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from typing import Callable

from .signature import percent_encode


class Hidden:
    """Shows a text without certain secrets, in whatever form they are in it. For use by several threads.

    ``learn`` is told each secret when it is added.
    """

    def __init__(self, secrets: Iterable[str | None] = (), learn: Callable[[str], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._learn = learn
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str | None]) -> None:
        """Hide ``secrets`` as well from now on."""
        with self._lock:
            fresh = {secret for secret in secrets if secret} - self._secrets
            if fresh:
                self._secrets |= fresh
                forms = {form for secret in self._secrets for form in _forms(secret)}
                longest_first = sorted(forms, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
                if self._learn:
                    for secret in fresh:
                        self._learn(secret)

    def __call__(self, text: str) -> str:
        return self._pattern.sub("***", text) if self._pattern else text


def _forms(secret: str) -> set[str]:
    """``secret`` plain, percent-encoded once and twice, and as JSON writes it."""
    once = percent_encode(secret)
    return {secret, once, percent_encode(once), json.dumps(secret)[1:-1]}
