# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security Center as the gateway knows it: version, RAM name, endpoints, error codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import Product
from .._openapi.errors import TRY_LATER, Meaning, OptionError
from .._openapi.text import printable
from .._openapi.transport import base_url

# Source: the error lists of HandleSecurityEvents, DescribeSecurityEventOperationStatus and CheckSecurityEventId.
ERROR_CODES: dict[str, Meaning] = {
    "SecurityEventNotExists": Meaning(
        "no such alert: {subject}; look it up with security_event_info, and check region_id and the account"
    ),
    "MissingSecurityEventId": Meaning("no alert was named: report this as a fault of the collection"),
    "OperationTaskNotExists": Meaning(
        "no such task for these alerts: {subject}; a task is known to its own account only"
    ),
    "IllegalParam": Meaning(
        "a value was refused: compare the options with what the service offers now, for an alert with "
        "security_event_operation_info"
    ),
    "ClientOffline": Meaning("the agent on the server is offline: bring it back, or handle the alert by hand"),
    "FreeVersionNotPermit": Meaning("the account's edition of Security Center does not allow {action}"),
    "RdCheckNoPermission": Meaning(
        "access key {access_key_id} may not act on that member account: check resource_directory_account_id and that the "
        "caller is the resource directory's administrator for Security Center",
        every_call=True,
    ),
    "RdCheckInnerError": Meaning(TRY_LATER, maybe_done=True, repeatable=True),
    "ServerError": Meaning(TRY_LATER, maybe_done=True, repeatable=True),
}

# The RAM code in the vendor's authorization tables; some of its own policies also grant yundun-aegis.
PRODUCT = Product(version="2018-12-03", ram_code="yundun-sas", error_codes=ERROR_CODES)

_CHINA = "tds.cn-shanghai.aliyuncs.com"
_INTERNATIONAL = "tds.ap-southeast-1.aliyuncs.com"

# Source: the endpoint map of the official SDK alibabacloud-sas20181203.
_REGIONS: dict[str, tuple[str, ...]] = {
    _CHINA: (
        "cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou", "cn-guangzhou", "cn-hangzhou", "cn-hangzhou-finance",
        "cn-heyuan", "cn-heyuan-acdr-1", "cn-hongkong", "cn-huhehaote", "cn-nanjing", "cn-north-2-gov-1", "cn-qingdao",
        "cn-qingdao-acdr-ut-1", "cn-shanghai", "cn-shanghai-finance-1", "cn-shanghai-mybk", "cn-shenzhen",
        "cn-shenzhen-finance-1", "cn-wuhan-lr", "cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva",
    ),
    _INTERNATIONAL: (
        "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
        "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "eu-central-1", "eu-west-1", "me-central-1", "me-east-1",
        "us-east-1", "us-west-1",
    ),
}  # fmt: skip

# The planes by their names, as the option data_planes has them.
PLANES: dict[str, str] = {"china": _CHINA, "international": _INTERNATIONAL}
_MAIN_REGIONS = {"china": "cn-shanghai", "international": "ap-southeast-1"}
# Inside a VPC.
_VPC = {"tds.vpc-proxy.aliyuncs.com": "china", "tds-intl.vpc-proxy.aliyuncs.com": "international"}

ENDPOINTS: dict[str, str] = {region: endpoint for endpoint, regions in _REGIONS.items() for region in regions}


def endpoint_of(options: Mapping[str, Any]) -> str:
    """The URL that a task with ``options`` talks to: that of endpoint, else of region_id. Raises :class:`OptionError`."""
    return base_url(options.get("endpoint") or endpoint_for(options.get("region_id")))


def plane_options(options: Mapping[str, Any], plane: str | None) -> dict[str, str]:
    """The options with which a module that works on one data plane finds ``plane``; none for what is no name of one."""
    own = (options.get("data_plane_endpoints") or {}).get(plane)
    if own:
        return {"endpoint": own}
    return {"region_id": _MAIN_REGIONS[plane]} if plane in _MAIN_REGIONS else {}


def plane_of(url: str) -> str | None:
    """The plane that a URL leads to; None for one that does not tell."""
    host = url.partition("://")[2]
    return _VPC.get(host) or next((name for name, endpoint in PLANES.items() if endpoint == host), None)


def plane_of_region(region_id: str | None) -> str | None:
    """The plane that holds ``region_id``; None for a region that is on no known one."""
    return plane_of(f"https://{ENDPOINTS.get(region_id or '')}")


def endpoint_for(region_id: str | None) -> str:
    """The endpoint of the data plane that holds ``region_id``. Raises :class:`OptionError`."""
    if not region_id:
        raise OptionError(
            "region_id is missing: give cn-shanghai for the data plane of mainland China and Hong Kong, ap-southeast-1 for "
            "that of all other regions, or an endpoint"
        )
    try:
        return ENDPOINTS[region_id]
    except KeyError:
        raise OptionError(
            f"region_id {printable(region_id)} is on no known data plane: give one of {', '.join(sorted(ENDPOINTS))}, or an endpoint"
        ) from None
