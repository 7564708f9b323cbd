# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command beside a stand-in for AWX, with its login in the environment: ``python -m awx molecule test``."""

from __future__ import annotations

import os
import subprocess
import sys

from awx.standin import Standin


def main() -> int:
    """The exit code of the command; 1 when the stand-in was asked for what it does not know."""
    with Standin() as awx:
        code = subprocess.run(sys.argv[1:], env={**os.environ, **awx.environ}, check=False).returncode
    for unknown in awx.unknown:
        print(f"the stand-in for AWX does not know: {unknown}", file=sys.stderr)
    return code or int(bool(awx.unknown))


sys.exit(main())
