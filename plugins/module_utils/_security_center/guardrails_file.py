# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guard rails files hold for a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .guardrails import VARIABLE
from .yaml_file import read_yaml


def read_files(option: str | None, environ: Mapping[str, str]) -> list[tuple[str, Any]]:
    """The name and the content of each file that holds: that of the option and that of the environment variable.

    Raises :class:`OptionError` for a file that can't be read: a guard rail that is not known is never taken as absent.
    """
    if option is not None and not option.strip():
        raise OptionError("guardrails_file is empty: name the guard rails file, or remove the option")
    if VARIABLE in environ and not environ[VARIABLE].strip():
        raise OptionError(
            f"the environment variable {VARIABLE} is set but empty: name the guard rails file, or unset it"
        )
    paths = dict.fromkeys(path for path in (option, environ.get(VARIABLE)) if path)
    names = {path: printable(path, longest=1000) for path in paths}
    return [(name, read_yaml(f"guardrails_file {name}", path).content) for path, name in names.items()]
