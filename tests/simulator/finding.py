# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding one record among many thousand, in a list that anybody may change at any time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Generic, TypeVar

R = TypeVar("R")


class Finder(Generic[R]):
    """Where in a list the record with a key is; ``keys(record)`` are those of a record.

    It remembers places, not records: what it finds there is checked, and for what it lacks it looks through the list.
    """

    def __init__(self, keys: Callable[[R], Collection[Hashable]]) -> None:
        self._keys = keys
        self._places: dict[Hashable, int] = {}

    def find(self, records: list[R], key: Hashable) -> R | None:
        """The record with this key, or None; when several have it, one of them."""
        place = self._places.get(key, len(records))
        if place < len(records) and key in self._keys(records[place]):
            return records[place]
        self._places = {each: number for number, record in enumerate(records) for each in self._keys(record)}
        return records[self._places[key]] if key in self._places else None
