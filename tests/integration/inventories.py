# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of our inventories, and ansible-inventory as a person starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import COLLECTION, Play


def inventory_file(play: Play, plugin: str, name: str, /, **options: Any) -> Path:
    """An inventory file, with the simulator as the endpoint when ``options`` name no other place."""
    place = {} if {"endpoint", "region_id", "data_planes"} & options.keys() else {"endpoint": play.simulator.endpoint}
    path = play.folder / name
    path.write_text(json.dumps({"plugin": f"{COLLECTION}.{plugin}", **place, **options}), encoding="utf-8")
    return path


def ansible_inventory(play: Play, *flags: str | Path, environ: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Its exit code, and what it wrote to stdout and stderr. An inventory that can't be parsed is a failure."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-inventory"), *flags],
        env=play.environ | {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"} | (environ or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def plain(value: Any) -> Any:
    """A value of ``ansible-inventory --list`` without the marks of what is untrusted."""
    if isinstance(value, dict):
        unsafe = value.get("__ansible_unsafe")
        return unsafe if unsafe is not None else {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def listed(play: Play, *flags: str | Path, environ: dict[str, str] | None = None) -> dict[str, Any]:
    """What ``ansible-inventory --list`` tells: the hosts' variables by name."""
    code, told, errors = ansible_inventory(play, "--list", *flags, environ=environ)
    assert code == 0, errors
    return plain(json.loads(told))["_meta"]["hostvars"]
