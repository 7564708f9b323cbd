# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this at its start when this folder is on PYTHONPATH: at its end it writes down its peak memory.

The kernel's figure for a child (getrusage) begins with what the parent had when it forked; this one does not.
"""

from __future__ import annotations

import atexit
import os


def _write_down() -> None:
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    with open(os.environ["PEAK_FILE"], "a", encoding="ascii") as file:
        file.write(f"{peak}\n")


atexit.register(_write_down)
