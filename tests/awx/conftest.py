# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awx.standin import Standin, running


@pytest.fixture
def awx() -> Iterator[Standin]:
    """An AWX in which nobody has done anything yet, and which is asked for nothing that it does not know."""
    yield from running()
