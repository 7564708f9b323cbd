# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret looks wherever it is written down, and whether it is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

_PART = 8


def forms(secret: str) -> dict[str, str]:
    """The ``secret`` as a service may quote it."""
    once = quote(secret, safe="")
    return {
        "plain": secret,
        "percent-encoded": once,
        "percent-encoded in lower case": re.sub("%..", lambda code: code[0].lower(), once),
        "percent-encoded twice": quote(once, safe=""),
        "in JSON": json.dumps(secret)[1:-1],
    }


def leaks(secret: str, text: str) -> list[str]:
    """What ``text`` gives away of the ``secret``: the names of the forms that it holds, and parts."""
    told = {**forms(secret), "in Python": repr(secret)[1:-1], **_in_base64(secret)}
    found = [name for name, form in told.items() if form in text]
    parts = (secret[start : start + _PART] for start in range(0, len(secret) - _PART + 1, _PART))
    return found + [f"the part {part}" for part in parts if part in text]


def _in_base64(secret: str) -> dict[str, str]:
    """What a longer text in Base64 holds of the secret, which may start at each of three places in a group."""
    coded = {}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        coded[f"in Base64 after {before}"] = whole[4 if before else 0 : len(whole) - 1]
    return coded


def leaks_of_files(secrets: list[str], folder: Path, besides: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """What the files below ``folder`` give away, by file, but those whose path matches one of the globs ``besides``."""
    files = (path for path in folder.rglob("*") if path.is_file() and not any(path.match(glob) for glob in besides))
    told = {str(path): path.read_text(encoding="utf-8", errors="replace") for path in files}
    found = {path: [leak for secret in secrets for leak in leaks(secret, text)] for path, text in told.items()}
    return {path: leak for path, leak in found.items() if leak}


def texts(document: Any) -> Iterator[str]:
    """Every text, name and number in ``document``."""
    if isinstance(document, dict):
        document = [*document, *document.values()]
    if isinstance(document, list):
        for part in document:
            yield from texts(part)
    else:
        yield str(document)
