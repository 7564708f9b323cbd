# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_COLLECTION = Path(__file__).resolve().parents[4]
_NAME = "ansible_collections.alicloud.security_center"


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put new alerts into ``queue``, until it is cancelled or can't go on. ``args`` are the options above."""
    _find_collection()
    delivery = importlib.import_module(f"{_NAME}.plugins.plugin_utils.event_delivery")
    await delivery.deliver_events(queue, args)


def _find_collection() -> None:
    """Let Python find the rest of the collection by Ansible's name for it: ansible-rulebook knows this file alone."""
    parts = _NAME.split(".")
    folders = (_COLLECTION.parents[1], _COLLECTION.parent, _COLLECTION)
    for count, folder in enumerate(folders, start=1):
        name = ".".join(parts[:count])
        if name not in sys.modules:
            sys.modules[name] = module = ModuleType(name)
            module.__path__ = [str(folder)]
