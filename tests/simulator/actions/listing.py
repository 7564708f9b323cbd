# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DescribeSuspEvents, DescribeSuspEventDetail and DescribeNsasSuspEventType: finding alerts."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from ..catalogue import EVENT_TYPES, text
from ..errors import ApiFault, illegal
from ..state import Account, Alert, State
from . import filters, rows
from .common import accounts_meant, language, page, target_account

LARGEST_PAGE = 100
_PAGING = ("CurrentPage", "PageSize")
_SORT_FIELDS = {"lastTime": "last_ms", "operateTime": "operate_ms"}


def describe_susp_events(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the alerts that pass the filters."""
    filters_given = sorted((name, str(value)) for name, value in parameters.items() if name not in _PAGING)
    found = state.listing((account.id, account.plane, *filters_given), lambda: _found(state, account, parameters))
    shown, number, size = page(found, parameters.get("CurrentPage", 1), parameters.get("PageSize", 20), LARGEST_PAGE)
    shown = shown[: state.settings.most_rows]
    lang = language(parameters)
    return {
        "SuspEvents": [rows.row(state, alert, lang) for alert in shown],
        "Count": len(shown),
        "TotalCount": len(found),
        "CurrentPage": number,
        "PageSize": size,
    }


def describe_susp_event_detail(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One alert by its row Id."""
    filters.check_shared(parameters)
    target = target_account(state, account, parameters)
    alert = state.row(parameters["SuspiciousEventId"])
    if alert is None or not target.owns(alert):
        raise ApiFault(400, "SecurityEventNotExists", "Security event not exists.")
    return rows.detail(state, alert, language(parameters))


def describe_nsas_susp_event_type(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """The types of the account's alerts, named in the language asked for; SuspEventCount counts assets, not alerts."""
    filters.check_shared(parameters)
    lang = language(parameters)
    tests = list(filters.shared_tests(state, parameters))
    assets: dict[str, set[str]] = {}
    for alert in _visible(state, account, parameters):
        if all(test(alert) for test in tests):
            assets.setdefault(alert.event_type, set()).add(alert.uuid)
    types = [
        {"Type": kind, "Name": text(EVENT_TYPES, kind, lang), "SuspEventCount": len(uuids)}
        for kind, uuids in sorted(assets.items())
    ]
    if not state.settings.live_types_as_in_rows:
        types = [{**entry, "Type": entry["Type"].lower(), "Name": entry["Name"] + "*"} for entry in types]
    wanted = parameters.get("Name", "")
    return {"EventTypes": [entry for entry in types if wanted in ("", entry["Name"])]}


def _found(state: State, account: Account, parameters: dict[str, Any]) -> list[Alert]:
    found = filters.select(state, _visible(state, account, parameters), parameters)
    _sort(found, parameters)
    return found


def _visible(state: State, account: Account, parameters: dict[str, Any]) -> list[Alert]:
    owners = accounts_meant(state, account, parameters)
    if "Id" in parameters:
        row = _by_id(state, account, parameters["Id"])
        return [row] if row and any(owner.owns(row) for owner in owners) else []
    return [alert for owner in owners for alert in state.of_account(owner)]


def _by_id(state: State, account: Account, wanted: int) -> Alert | None:
    row = state.row(wanted) if state.settings.id_filter_finds_rows else None
    return row or (state.event(account, wanted) if state.settings.id_filter_finds_events else None)


def _sort(alerts: list[Alert], parameters: dict[str, Any]) -> None:
    # SortColumn and SortType work only with Dealed=Y, where operateTime descending is the default.
    alerts.sort(key=attrgetter("last_ms", "id"), reverse=True)
    column, direction = parameters.get("SortColumn", "operateTime"), parameters.get("SortType", "desc")
    if column not in _SORT_FIELDS or direction not in ("asc", "desc"):
        raise illegal("SortColumn must be lastTime or operateTime, SortType asc or desc.")
    if parameters.get("Dealed") == "Y":
        alerts.sort(key=attrgetter(_SORT_FIELDS[column]), reverse=direction == "desc")
