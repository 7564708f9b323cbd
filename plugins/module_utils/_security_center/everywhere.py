# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What many accounts and both data planes have, each read by itself: one that fails keeps no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.lanes import Lanes
from .._openapi.text import printable
from .alerts import Record
from .sessions import Plane

Accounts = Sequence["str | None"]  # None is the caller's own


class Part(NamedTuple):
    """What one account has on one data plane: records and how many the service counts, or why they could not be read.

    One that is ``whole`` stands for all accounts of its plane.
    """

    plane: str | None
    account: str | None
    records: list[Any]
    total: int
    error: ApiError | None = None
    whole: bool = False

    def told(self) -> Record:
        """How a result tells of it."""
        return {
            "data_plane": self.plane,
            "resource_directory_account_id": self.account,
            "total_count": None if self.error else self.total,
            "error": self.error.as_dict() if self.error else None,
        }

    def named(self) -> str:
        """Which account on which data plane it is, for a person."""
        whose = f"member account {printable(self.account)}" if self.account else "the caller's own account"
        where = f" on the data plane {self.plane}" if self.plane else ""
        return f"{'every account' if self.whole else whose}{where}"

    def sentence(self) -> str:
        """Why it is missing, for a person."""
        return f"{self.named()} is missing in the result: {self.error}"


class Reader(NamedTuple):
    """How an account is read. ``accounts`` names those of a plane; ``each`` reads one: its records, and how many the
    service counts. ``together`` may read several accounts with fewer calls; what it leaves out is read by ``each``."""

    accounts: Callable[[OpenApiClient], Accounts]
    each: Callable[[OpenApiClient, str | None], tuple[list[Any], int]]
    together: Callable[[OpenApiClient, Accounts], dict[str | None, list[Any]]] = lambda _client, _accounts: {}


def read_everywhere(planes: Sequence[Plane], reader: Reader) -> Iterator[Part]:
    """The parts, as they come. All planes are read at once, and several accounts of each, paced by its client."""
    lanes = Lanes(max(plane.client.max_concurrency for plane in planes))
    open_parts = 0
    try:
        for plane in planes:
            lanes.start(f"{plane.name}", (plane, None), partial(_begin, plane.client, reader))
            open_parts += 1
        while open_parts:
            end = lanes.next_end()
            if end is None:
                continue
            open_parts -= 1
            plane, part = end.tag
            if isinstance(end.error, ApiError):
                yield Part(plane.name, part[0] if part else None, [], 0, end.error, whole=not part)
            elif end.error is not None:
                raise end.error
            elif part:
                yield Part(plane.name, part[0], *end.result)
            else:
                read, left = end.result
                for account, records in read.items():
                    yield Part(plane.name, account, records, len(records))
                for account in left:
                    lanes.start(f"{plane.name}", (plane, (account,)), partial(reader.each, plane.client, account))
                open_parts += len(left)
    finally:
        lanes.close()


def _begin(client: OpenApiClient, reader: Reader) -> tuple[dict[str | None, list[Any]], list[str | None]]:
    accounts = reader.accounts(client)
    read = reader.together(client, accounts) if len(accounts) > 1 else {}
    return read, [account for account in accounts if account not in read]


def place_of(part: Part, options: Mapping[str, Any]) -> Record:
    """Where the next module finds what is in ``part``, as far as ``options`` ask for several accounts or for data planes."""
    place: Record = {}
    if options.get("accounts") is not None:
        place["resource_directory_account_id"] = part.account
    if options.get("data_planes") is not None:
        place["data_plane"] = part.plane
    return place


def told_places(parts: Sequence[Part], options: Mapping[str, Any]) -> Record:
    """What a result tells of each account and plane: ``accounts``, when ``options`` ask for several accounts or for planes."""
    if options.get("accounts") is None and options.get("data_planes") is None:
        return {}
    return {
        "accounts": [part.told() for part in sorted(parts, key=lambda part: (part.account or "", part.plane or ""))]
    }


def missing(parts: Sequence[Part], warn: Callable[[str], None]) -> None:
    """Warn of what is missing. Raises its ApiError when that is everything."""
    failed = [part for part in parts if part.error]
    for part in failed:
        if part.error and len(failed) == len(parts):
            raise part.error
        warn(part.sentence())
