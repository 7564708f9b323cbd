# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every benchmark runs and tells its figures. They are tiny here, so what they say of speed means nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.__main__ import ROWS
from benchmarks.report import Table, write
from conftest import collection_folder

# What each must tell beside others, and is so at every size: the start of the line, and the figure.
TRUE_AT_ANY_SIZE = {
    "one-alert": {"https: our calls a task": "2.00", "https: ours / the official SDK": None},
    "ten-thousand": {
        "never: handled exactly once, as the service knows": "21",
        "never: calls": "2 status, 2 list, 2 handle",
        "auto: handled, as the result says": "21",
        "never: ours / ansible.builtin.uri": None,
    },
    "listing": {"alerts listed": "300", "our memory / the official SDK's": None},
    "members": {"alerts in the file": "330", "accounts told in the result": "4", "ours / the official SDK": None},
    "planning": {"alerts planned": "120", "the plan / the listing": None},
    "accounts": {
        "accounts whose alert was handled exactly once, as the service knows": "3",
        "ours / ping": None,
    },
    "inventory": {"hosts": "120", "hosts with alerts": "40", "our calls": None},
    "events": {"alerts that waited and became events": "210", "memory at the end beyond that after 1,000 events": None},
    "growth": {"alerts handled: 21": None, "memory for one alert more, last step": None},
}


@pytest.mark.parametrize("name", ROWS)
def test_a_benchmark_tells_its_figures(name: str, tmp_path: Path) -> None:
    collection, file = collection_folder(), tmp_path / "benchmarks.md"
    # What make bench sets: the tests alone are importable.
    environ = {
        "HOME": str(tmp_path),
        "PYTHONPATH": str(collection / "tests"),
        "ANSIBLE_COLLECTIONS_PATH": str(collection.parents[2]),
    }
    command = [sys.executable, "-m", "benchmarks", name, "--quick", "--write", str(file)]
    run = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    table = run.stdout.split("\n\n")[-1].strip()
    assert table in file.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[0] == ["what", "measured", "target", "reached"]
    told = {what: value for what, value, _target, _reached in rows[2:]}
    assert all(re.search(r"\d", value) for value in told.values()), table
    for what, value in TRUE_AT_ANY_SIZE[name].items():
        assert told[what] == (value or told[what])
    judged = [(target != "", reached in ("yes", "NO")) for _what, _value, target, reached in rows[2:]]
    assert all(has_target == is_judged for has_target, is_judged in judged) and (True, True) in judged


def test_a_table_replaces_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    for name, ratio in (("b", 1.0), ("a", 2.0), ("b", 3.0)):
        table = Table(f"of {name}", "How.")
        table.judge("ratio", ratio, 2.5)
        table.expect("count", 1, 2)
        write(file, name, table, "make bench", ["a", "b"])
    text = file.read_text(encoding="utf-8")
    assert "\n\n\n" not in text
    assert re.findall(r"^## .*|\d\.00 .*|^\| count .*", text, re.M) == [
        "## a: of a",
        "2.00     | at most 2.50 | yes     |",
        "| count | 1        | 2            | NO      |",
        "## b: of b",
        "3.00     | at most 2.50 | NO      |",
        "| count | 1        | 2            | NO      |",
    ]
