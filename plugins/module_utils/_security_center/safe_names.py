# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts and groups out of texts that anybody may have written."""

from __future__ import annotations

import hashlib
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
_DIGEST = 8  # so many of its characters


def host_name(text: object) -> str:
    """``text`` as the name of a host: letters, digits, dots, dashes and underscores of ASCII. Empty when nothing is left."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{text}").strip("._-")[:_LONGEST].rstrip("._-")
    return "" if name.casefold() in _RESERVED or _THIS_MACHINE.fullmatch(name) else name


def group_start(text: str) -> str:
    """How the name of a group begins of which ``text`` is the beginning."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


def group_name(text: object) -> str:
    """``text`` as the name of a group: letters, digits and underscores of ASCII, whatever Ansible is configured to allow.

    Of what is not told in these, or is too long, the name bears a digest: what has another name is another group.
    """
    whole = f"{text}"
    name = group_start(whole)
    if not whole.isascii() or len(name) > _LONGEST:
        digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
        name = f"{name[: _LONGEST - _DIGEST - 1]}_{digest}"
    return f"_{name}" if not name or name[0].isdigit() or name.casefold() in _RESERVED else name


@lru_cache(maxsize=1000)  # many servers, few groups
def group_of(prefix: str, text: str | None, its_id: str | None = None) -> str | None:
    """The group called ``prefix`` and what ASCII has of ``text``, such as ``region_cn_hangzhou``.

    Where that is not all of it, the group bears ``its_id`` as well: two that differ in the rest are two groups.
    """
    endings = [_ending(text)]
    if not endings[0] or not (text or "").isascii():
        endings.append(_ending(its_id))
    ending = "_".join(filter(None, endings))
    return group_name(f"{prefix}_{ending}") if ending else None


def _ending(text: str | None) -> str:
    return re.sub(r"[^a-z0-9]+", "_", (text or "").lower()).strip("_")


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
