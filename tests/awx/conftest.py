# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awx.running import Jobs
from awx.standin import Standin, running
from simulator import Simulator


@pytest.fixture
def awx() -> Iterator[Standin]:
    """An AWX in which nobody has done anything yet, and which is asked for nothing that it does not know."""
    yield from running()


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The simulator as it is when nobody has called yet."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def jobs(simulator: Simulator, tmp_path: Path) -> Jobs:
    """``jobs.launch("plan", {...})`` starts the playbook as AWX does."""
    return Jobs(simulator, tmp_path)
