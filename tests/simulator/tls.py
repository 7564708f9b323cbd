# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A throw-away certificate authority and a server certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


def server_context(ca_path: Path, name: str | None) -> ssl.SSLContext:
    """A server's TLS context; writes the CA's certificate to ``ca_path``. ``name`` None: 127.0.0.1 and localhost."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_path))
    names = [name] if name else ["127.0.0.1", "localhost"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context
