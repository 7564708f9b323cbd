# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, as a table for people: on the terminal, and in a Markdown file."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_HEAD = """# Benchmarks

Written by `make bench`. Times are by the clock unless a line says otherwise. Calls are told in short: `list` is
DescribeSuspEvents, `offers` DescribeSecurityEventOperations, `handle` HandleSecurityEvents and `status`
DescribeSecurityEventOperationStatus; `throttled` says how many of them the service refused for the quota.
"""


@dataclass(frozen=True)
class Line:
    """One figure: what it is, its value, and what it should be. ``reached`` None: there is no target."""

    what: str
    value: str
    target: str = ""
    reached: bool | None = None


@dataclass
class Table:
    """One benchmark: ``how`` it was measured, and the figures. ``load`` is the machine's own when it begins."""

    title: str
    how: str
    lines: list[Line] = field(default_factory=list)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, what: str, value: str) -> None:
        """A figure without a target."""
        self.lines.append(Line(what, value))

    def judge(self, what: str, value: float, limit: float, unit: str = "", note: str = "") -> None:
        """A figure that is to be at most ``limit``."""
        self.lines.append(Line(what, f"{value:,.2f}{unit}{note}", f"at most {limit:,.2f}{unit}", value <= limit))

    def expect(self, what: str, value: int, wanted: int) -> None:
        """A count that is to be ``wanted``."""
        self.lines.append(Line(what, f"{value:,}", f"{wanted:,}", value == wanted))

    def text(self) -> str:
        """The figures as a Markdown table that is laid out for reading, too."""
        answers = {None: "", True: "yes", False: "NO"}
        rows = [("what", "measured", "target", "reached")]
        rows += [(line.what, line.value, line.target, answers[line.reached]) for line in self.lines]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        laid = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
        ]
        laid.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(laid)


def write(path: Path, name: str, table: Table, command: str, order: list[str]) -> None:
    """Put the table under its own heading into the file, in ``order``; the others stay as they are."""
    sections = _sections(path.read_text(encoding="utf-8")) if path.exists() else {}
    sections[name] = f"## {name}: {table.title}\n\n{table.how}\n\n{_stamp(command, table.load)}\n\n{table.text()}\n"
    path.write_text("\n".join([_HEAD, *(sections[each] for each in order if each in sections)]), encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    found = re.split(r"^(?=## )", text, flags=re.M)[1:]
    return {section[3:].partition(":")[0]: section.rstrip("\n") + "\n" for section in found}


def _stamp(command: str, load: float) -> str:
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    cores, python, core = os.cpu_count(), platform.python_version(), version("ansible-core")
    machine = f"{cores} cores, load average {load:.1f} at the start, Python {python}, ansible-core {core}"
    return f"Measured on {day} by `{command}`: {machine}."
