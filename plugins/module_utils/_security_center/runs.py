# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs a task, and under which id, by the environment that it runs in."""

from __future__ import annotations

import os
from collections.abc import Mapping

KEY_VARIABLE = (
    "SECURITY_CENTER_PLAN_KEY"  # signs plans: of the environment of the tasks that plan and apply, and of nothing else
)


def in_awx(environ: Mapping[str, str]) -> bool:
    """Whether a job of AWX runs the task: AWX puts these names into every job's environment."""
    return "AWX_HOST" in environ or "AWX_PRIVATE_DATA_DIR" in environ


def job_id(environ: Mapping[str, str]) -> str | None:
    """The id of AWX's job, or None outside AWX."""
    return environ.get("JOB_ID") if in_awx(environ) else None


def user_of(environ: Mapping[str, str]) -> str:
    """The name of the account on this machine that runs the task."""
    return environ.get("LOGNAME") or environ.get("USER") or f"uid {os.getuid()}"
