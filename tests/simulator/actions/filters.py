# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of DescribeSuspEvents: parameters in, a test for one alert out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..catalogue import CONTAINER_FIELDS, EVENT_TYPES, LEVELS, STATUS_FILTERS, UNDEALT_STATUSES, text
from ..errors import illegal
from ..state import DELETED, Alert, Asset, State
from .common import language, whole_number
from .rows import display_name, full_name, seconds_of

Test = Callable[[Alert], bool]
_TARGETS = {"containerId": "container_id", "imageUuid": "image_uuid", "uuid": None}
# ContainerFieldName values that only look into the image's name.
_IMAGE_PARTS = ("imageRepoName", "imageRepoNamespace", "imageRepoTag")


def select(state: State, alerts: list[Alert], parameters: dict[str, Any]) -> list[Alert]:
    """The alerts that pass every filter given. IllegalParam for a value that a filter does not know."""
    check_shared(parameters)
    tests = [*shared_tests(state, parameters), *_status_tests(parameters)]
    tests += [*_identity_tests(state, parameters), *_time_tests(state, parameters)]
    for test in tests:
        alerts = [alert for alert in alerts if test(alert)]
    return alerts


def check_shared(parameters: dict[str, Any]) -> None:
    """Refuse values that the listing and the types of alerts do not take."""
    if parameters.get("From", "sas") != "sas":
        raise illegal("From must be sas.")
    if parameters.get("MultiAccountActionType", 0) not in (0, 1):
        raise illegal("MultiAccountActionType must be 0 or 1.")
    if ("ContainerFieldName" in parameters) != ("ContainerFieldValue" in parameters):
        raise illegal("ContainerFieldName and ContainerFieldValue belong together.")


def shared_tests(state: State, parameters: dict[str, Any]) -> Iterator[Test]:
    """The filters that DescribeNsasSuspEventType has too."""
    if "Uuids" in parameters:
        uuids = _split(parameters["Uuids"])
        yield lambda alert: alert.uuid in uuids
    if "SupportOperateCodeList" in parameters:
        verdicts = parameters["SupportOperateCodeList"]
        yield lambda alert: alert.ai_verdict in verdicts
    if "ContainerFieldName" in parameters:
        yield _container_test(state, parameters["ContainerFieldName"], parameters["ContainerFieldValue"])
    if "Remark" in parameters:
        lang, needle = language(parameters), parameters["Remark"].casefold()
        yield lambda alert: any(needle in hay.casefold() for hay in _remark_texts(state, alert, lang))


def _status_tests(parameters: dict[str, Any]) -> Iterator[Test]:
    asked = [whole_number("Status", part) for part in _split(parameters.get("Status", "0"))]
    if any(status not in STATUS_FILTERS for status in asked):
        raise illegal(f"Status must be among {', '.join(map(str, STATUS_FILTERS))}.")
    if 0 not in asked:
        yield lambda alert: alert.status in asked
    if DELETED not in asked:
        yield lambda alert: alert.status != DELETED
    if "Dealed" in parameters:
        if parameters["Dealed"] not in ("Y", "N"):
            raise illegal("Dealed must be Y or N.")
        dealt = parameters["Dealed"] == "Y"
        yield lambda alert: (alert.status not in UNDEALT_STATUSES) == dealt
    if "Levels" in parameters:
        levels = _split(parameters["Levels"])
        if any(level not in LEVELS for level in levels):
            raise illegal(f"Levels must be among {', '.join(LEVELS)}.")
        yield lambda alert: alert.level in levels
    if "OperateErrorCodeList" in parameters:
        codes = parameters["OperateErrorCodeList"]
        yield lambda alert: alert.operate_error_code in codes
    if parameters.get("StrictMode", "N") not in ("Y", "N"):
        raise illegal("StrictMode must be Y or N.")


def _identity_tests(state: State, parameters: dict[str, Any]) -> Iterator[Test]:
    lang = language(parameters)
    for name, field in (("UniqueInfo", "unique_info"), ("AlarmUniqueInfo", "alarm_unique_info")):
        if name in parameters:
            yield _equal_test(field, parameters[name])
    if "SourceAliUids" in parameters:
        yield lambda alert: alert.account_id in parameters["SourceAliUids"]
    if "ParentEventTypes" in parameters:
        types = _split(parameters["ParentEventTypes"])
        yield lambda alert: alert.event_type in types or text(EVENT_TYPES, alert.event_type, lang) in types
    if "EventNames" in parameters:
        names = _split(parameters["EventNames"])
        yield lambda alert: alert.sub_type in names or display_name(alert, lang) in names
    if "Name" in parameters:
        yield lambda alert: _asset_is(state, alert, "name", parameters["Name"])
    if "GroupId" in parameters:
        yield lambda alert: _asset_is(state, alert, "group_id", parameters["GroupId"])
    if "ClusterId" in parameters:
        yield lambda alert: alert.container.get("cluster_id") == parameters["ClusterId"]
    if "TacticId" in parameters:
        yield lambda alert: parameters["TacticId"] in alert.tactics
    if "AssetsTypeList" in parameters:
        yield lambda alert: ("ecs" if alert.uuid else "cloud_product") in parameters["AssetsTypeList"]
    if "TargetType" in parameters:
        yield _target_test(parameters["TargetType"])


def _time_tests(state: State, parameters: dict[str, Any]) -> Iterator[Test]:
    for name, sign in (("TimeStart", 1), ("TimeEnd", -1)):
        if name in parameters:
            try:
                bound = seconds_of(parameters[name], state.settings.time_filters_utc)
            except ValueError:
                raise illegal(f"{name} must be a time like 2026-01-31 23:59:59.") from None
            # To the second: an alert in the last second is still before the end.
            yield _bound_test("last_ms", bound * 1000 if sign > 0 else bound * 1000 + 999, sign)
    for name, sign in (("OperateTimeStart", 1), ("OperateTimeEnd", -1)):
        if name in parameters:
            yield _bound_test("operate_ms", whole_number(name, parameters[name]), sign)


def _equal_test(field: str, value: Any) -> Test:
    return lambda alert: getattr(alert, field) == value


def _bound_test(field: str, bound_ms: int, sign: int) -> Test:
    """Not before the bound (sign 1) or not after it (-1); a time that is not there (0) is neither."""
    return lambda alert: getattr(alert, field) > 0 and sign * (getattr(alert, field) - bound_ms) >= 0


def _container_test(state: State, name: str, value: str) -> Test:
    keys = {searched: key for key, (_field, searched) in CONTAINER_FIELDS.items() if searched}
    if name == "regionId":
        return lambda alert: bool(alert.container) and _asset_is(state, alert, "region_id", value)
    if name in _IMAGE_PARTS:
        return lambda alert: value in alert.container.get("image_name", "")
    if name not in keys:
        raise illegal(f"ContainerFieldName {name} is not supported.")
    return lambda alert: alert.container.get(keys[name]) == value


def _target_test(target: str) -> Test:
    if target not in _TARGETS:
        raise illegal(f"TargetType must be among {', '.join(_TARGETS)}.")
    key = _TARGETS[target]
    return lambda alert: bool(alert.container.get(key) if key else alert.uuid)


def _remark_texts(state: State, alert: Alert, lang: str) -> list[str]:
    asset = state.asset(alert.uuid)
    return [full_name(alert, lang)] + ([asset.name, asset.internet_ip, asset.intranet_ip] if asset else [])


def _asset_is(state: State, alert: Alert, field: str, value: Any) -> bool:
    asset: Asset | None = state.asset(alert.uuid)
    return asset is not None and getattr(asset, field) == value


def _split(joined: str) -> list[str]:
    return joined.split(",")
