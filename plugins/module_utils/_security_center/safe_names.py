# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts and groups out of texts that anybody may have written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Callable

# What Ansible means something else by.
_RESERVED = frozenset({"all", "ungrouped", "localhost"})
# Ansible takes 127.0.0.1 for the controller; the rest of that network and of 0.0.0.0 is it, too.
_THIS_MACHINE = re.compile(r"(127|0)(\.[0-9]+){0,3}")
_LONGEST = 100  # a file of the fact cache bears a host's name


def host_name(text: object) -> str:
    """``text`` as the name of a host: letters, digits, dots, dashes and underscores of ASCII. Empty when nothing is left."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{text}").strip("._-")[:_LONGEST].rstrip("._-")
    return "" if name.casefold() in _RESERVED or _THIS_MACHINE.fullmatch(name) else name


def group_name(text: object) -> str:
    """``text`` as the name of a group: letters, digits and underscores of ASCII, whatever Ansible is configured to allow."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", f"{text}")[:_LONGEST]
    return f"_{name}" if not name or name[0].isdigit() or name.casefold() in _RESERVED else name


@lru_cache(maxsize=1000)  # many servers, few groups
def group_of(prefix: str, *texts: str | None) -> str | None:
    """The group called ``prefix`` and the first of ``texts`` of which something is left, such as ``region_cn_hangzhou``."""
    for text in texts:
        ending = re.sub(r"[^a-z0-9]+", "_", (text or "").lower()).strip("_")
        if ending:
            return group_name(f"{prefix}_{ending}")
    return None


def told_apart(wanted: Sequence[tuple[str, str]], taken: Callable[[str, str], bool]) -> list[str]:
    """A name for each of ``wanted``, pairs of a name and the id of its owner: no two are the same, in any case.

    Who shares a name with another, or finds it ``taken`` (by the name and the id), bears the id with it.
    """
    count = Counter(name.casefold() for name, _id in wanted)
    used: set[str] = set()

    def own(name: str, its_id: str) -> str:
        while name.casefold() in used or taken(name, its_id):
            name = f"{name}_{host_name(its_id)}"
        used.add(name.casefold())
        return name

    shared = [count[name.casefold()] > 1 or taken(name, its_id) for name, its_id in wanted]
    # First those with their id: whoever is called so by chance, or on purpose, is not to take that name from them.
    with_id = {at: own(f"{name}_{host_name(i)}", i) for at, (name, i) in enumerate(wanted) if shared[at]}
    return [with_id[at] if shared[at] else own(*one) for at, one in enumerate(wanted)]
