# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alerts of a run, read again."""

from __future__ import annotations

from collections.abc import Iterable

from .._openapi.client import OpenApiClient
from .alerts import Record
from .finding import find_rows
from .outcomes import Run
from .plan import alert_query


def read_again(
    client: OpenApiClient, run: Run, event_ids: Iterable[str], most_calls: int | None = None
) -> dict[str, Record]:
    """The alerts of ``event_ids`` as they are now, by event id. Raises ApiError."""
    before = {event_id: run.before[event_id] for event_id in event_ids}
    rows = find_rows(client, before.values(), alert_query(run.plan.request), most_calls=most_calls)
    return {event_id: rows[record["id"]] for event_id, record in before.items() if record["id"] in rows}
