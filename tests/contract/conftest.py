# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests that talk to the simulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from alibabacloud_sas20181203.client import Client

from simulator import Simulator
from simulator.clients import Wire, sdk_client


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A fresh simulator on a free port, with the seed; tasks take 0.05 s."""
    with Simulator() as running:
        yield running


@pytest.fixture
def wire(simulator: Simulator) -> Iterator[Wire]:
    """Raw signed requests to ``simulator``."""
    with requests.Session() as session:
        yield Wire(simulator, session)


@pytest.fixture
def sdk(simulator: Simulator) -> Client:
    """The official SDK as a client of ``simulator``."""
    return sdk_client(simulator)
