# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo-events`` as a person sees it, who ends it with Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import collection_folder, processes_of

import workbench


def test_alerts_are_answered_until_ctrl_c(tmp_path: Path):
    folder, log = collection_folder(), tmp_path / "log"
    shown = f"ANSIBLE_CALLBACK_PLUGINS={folder / 'tests' / 'demo' / 'callback'}"
    command = [shown if part.startswith("ANSIBLE_CALLBACK_PLUGINS=") else part for part in workbench.DEMO_EVENTS]
    programs = Path(sys.executable).parent
    environ = {
        "PATH": os.pathsep.join((str(programs), "/usr/bin", "/bin")),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(folder / "tests"),
        "ANSIBLE_COLLECTIONS_PATH": str(folder.parents[2]),
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(programs / command[0]), *command[1:]],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as demo,
    ):
        until = time.monotonic() + 90
        while len(re.findall(r"^alert \d+: \w+: handled", log.read_text(encoding="utf-8"), re.M)) < 3:
            assert demo.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(30)
    told = log.read_text(encoding="utf-8")
    answered = re.findall(r"^alert (\d+): ", told, re.M)
    first = int(answered[0])  # what appeared before the rulebook ran is history
    assert answered == [str(first + number) for number in range(len(answered))]
    assert "Traceback" not in told
    assert processes_of(tmp_path) == []
