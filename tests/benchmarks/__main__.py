# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m benchmarks [NAME ...]`` measures these rows, or all, and prints a table of each."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from . import accounts, events, growth, inventory, listing, members, one_alert, planning, ten_thousand
from .report import write
from .sizes import FULL, QUICK

ROWS = {
    "one-alert": one_alert.measure,
    "ten-thousand": ten_thousand.measure,
    "listing": listing.measure,
    "growth": growth.measure,
    "planning": planning.measure,
    "members": members.measure,
    "accounts": accounts.measure,
    "inventory": inventory.measure,
    "events": events.measure,
}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all when none is given")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that the benchmarks themselves work")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="Markdown file in which to replace these rows' tables"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(ROWS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: choose among {', '.join(ROWS)}")
    given = shlex.join([*["--quick"] * options.quick, *options.names])
    command = f'make bench ARGS="{given}"' if given else "make bench"
    for name in options.names or ROWS:
        table = ROWS[name](QUICK if options.quick else FULL)
        print(f"\n{name}: {table.title}\n\n{table.text()}", flush=True)
        if options.write:
            write(options.write, name, table, command, list(ROWS))


if __name__ == "__main__":
    main()
