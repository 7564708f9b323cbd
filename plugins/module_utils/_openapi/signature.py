# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's request signature ACS3-HMAC-SHA256 ("V3"): request parts in, Authorization header out.

Source: the vendor's "V3 request body and signature mechanism" document.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def percent_encode(text: str) -> str:
    """``text`` encoded as RFC 3986 asks: only letters, digits and ``-_.~`` stay."""
    return quote(text, safe="~")


def query_string(parameters: Mapping[str, str]) -> str:
    """The canonical query: names in code point order, names and values percent-encoded.

    The request is sent with exactly this string, so that what is signed is what travels.
    """
    return "&".join(f"{percent_encode(name)}={percent_encode(parameters[name])}" for name in sorted(parameters))


def sha256_hex(data: bytes) -> str:
    """The lower-case hexadecimal SHA-256 of ``data`` (the value of the header x-acs-content-sha256)."""
    return hashlib.sha256(data).hexdigest()


def authorization(
    access_key_id: str,
    access_key_secret: str,
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body_sha256: str,
) -> str:
    """The value of the Authorization header.

    ``query`` is a canonical query (see :func:`query_string`), ``headers`` are those to be signed: host, content-type
    when there is a body, and every x-acs-* header. ``body_sha256`` is the value of x-acs-content-sha256.
    """
    by_name = {name.lower(): value.strip() for name, value in headers.items()}
    names = sorted(by_name)
    signed_headers = ";".join(names)
    canonical_headers = "".join(f"{name}:{by_name[name]}\n" for name in names)
    canonical_request = "\n".join((method, path, query, canonical_headers, signed_headers, body_sha256))
    string_to_sign = f"{ALGORITHM}\n{sha256_hex(canonical_request.encode('utf-8'))}"
    signature = hmac.new(access_key_secret.encode("utf-8"), string_to_sign.encode("utf-8"), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={signed_headers},Signature={signature}"
