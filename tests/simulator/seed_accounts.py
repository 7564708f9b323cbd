# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed's accounts, keys and servers. Public addresses are of the ranges set aside for documentation (RFC 5737)."""

from __future__ import annotations

from .state import FREE_EDITION, Account, Asset, Key, Role

OWN_ACCOUNT = 1234567890123456
MEMBER_ACCOUNT = 2234567890123456
FREE_MEMBER_ACCOUNT = 3234567890123456

ACCESS_KEY_ID = "LTAI5tSimulatorKey00001"
ACCESS_KEY_SECRET = "simulator-secret-not-a-real-one"
TEMPORARY_KEY_ID = "STS.SimulatorKey0001"
TEMPORARY_KEY_SECRET = "simulator-temporary-secret-not-a-real-one"
TEMPORARY_KEY_TOKEN = "simulator-security-token-not-a-real-one"
READ_ONLY_KEY_ID = "LTAI5tSimulatorReadOnly"
INACTIVE_KEY_ID = "LTAI5tSimulatorInactive"
ROLE_NAME = "security-responder"
OIDC_PROVIDER = f"acs:ram::{OWN_ACCOUNT}:oidc-provider/cluster"
OIDC_TOKEN = "simulator-oidc-token-not-a-real-one"

WEB_1 = "5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01"
WEB_2 = "5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a02"
DB_1 = "c94b8f10-2d7e-4b1a-8d55-7e6a9b0c3d11"
CACHE_1 = "e07d6a93-91c4-4c2f-b1f8-52a7c3d8e621"
K8S_NODE_1 = "0b8e5d74-3a6c-4f9d-a2c7-9f1e8d7c6b31"
BUILD_1 = "74f2a9c6-58bd-4e03-9c61-3d2b1a0f9e41"
MEMBER_SERVER = "a3c9e1f7-0d42-4b86-8f15-6b7a8c9d0e51"
FREE_MEMBER_SERVER = "d6e5f4a3-b2c1-4d0e-9f8a-7b6c5d4e3f61"
CLUSTER_ID = "c8c87dae64c9947269091f36cfa9adc87"


def accounts() -> list[Account]:
    """The own account and its two members, one of them on the free edition."""
    return [
        Account(OWN_ACCOUNT, "example-corp", members=[MEMBER_ACCOUNT, FREE_MEMBER_ACCOUNT]),
        Account(MEMBER_ACCOUNT, "example-subsidiary", edition=3),
        Account(FREE_MEMBER_ACCOUNT, "example-sandbox", edition=FREE_EDITION),
    ]


def keys(read_actions: list[str]) -> list[Key]:
    """The own account's keys: for everything, a temporary one, one that only reads, one that is disabled."""
    return [
        Key(ACCESS_KEY_ID, ACCESS_KEY_SECRET, OWN_ACCOUNT),
        Key(TEMPORARY_KEY_ID, TEMPORARY_KEY_SECRET, OWN_ACCOUNT, token=TEMPORARY_KEY_TOKEN),
        Key(READ_ONLY_KEY_ID, ACCESS_KEY_SECRET, OWN_ACCOUNT, permissions=read_actions),
        Key(INACTIVE_KEY_ID, ACCESS_KEY_SECRET, OWN_ACCOUNT, active=False),
    ]


def roles() -> list[Role]:
    """The role of each account for whoever responds: the own account's keys may assume it, and the cluster's pods."""
    owners = (OWN_ACCOUNT, MEMBER_ACCOUNT, FREE_MEMBER_ACCOUNT)
    return [Role(f"acs:ram::{owner}:role/{ROLE_NAME}", owner, [str(OWN_ACCOUNT), OIDC_PROVIDER]) for owner in owners]


def assets() -> list[Asset]:
    """Six servers of the own account and one of each member."""
    web_1 = _asset(WEB_1, "i-bp1web0000000001", "web-prod-1", "203.0.113.11", "10.0.1.11", "prod", (11, "web"))
    web_2 = _asset(WEB_2, "i-bp1web0000000002", "web-prod-2", "203.0.113.12", "10.0.1.12", "prod", (11, "web"))
    db_1 = _asset(DB_1, "i-bp1db00000000001", "db-prod-1", "203.0.113.21", "10.0.2.21", "prod", (12, "data"))
    cache_1 = _asset(CACHE_1, "i-bp1cache00000001", "cache-1", "203.0.113.31", "10.0.2.31", "staging", (12, "data"))
    node_1 = _asset(K8S_NODE_1, "i-bp1k8s0000000001", "k8s-node-1", "203.0.113.41", "10.0.3.41", "prod", (13, "k8s"))
    build_1 = _asset(BUILD_1, "i-bp1build00000001", "build-1", "203.0.113.51", "10.0.4.51", "build", (14, "tools"))
    node_1.cluster_id, node_1.cluster_name = CLUSTER_ID, "prod-cluster"
    build_1.client_status, build_1.os_name = "offline", "Debian GNU/Linux 12 (bookworm)"
    shop_1 = _asset(MEMBER_SERVER, "i-uf6shop000000001", "shop-1", "203.0.113.61", "172.16.0.61", "prod", (21, "shop"))
    lab_1 = _asset(FREE_MEMBER_SERVER, "i-uf6lab0000000001", "lab-1", "203.0.113.71", "172.16.0.71", "", (0, "default"))
    shop_1.account_id, lab_1.account_id = MEMBER_ACCOUNT, FREE_MEMBER_ACCOUNT
    return [web_1, web_2, db_1, cache_1, node_1, build_1, shop_1, lab_1]


def _asset(
    uuid: str, instance_id: str, name: str, internet_ip: str, intranet_ip: str, tag: str, group: tuple[int, str]
) -> Asset:
    return Asset(
        uuid=uuid,
        account_id=OWN_ACCOUNT,
        instance_id=instance_id,
        name=name,
        internet_ip=internet_ip,
        intranet_ip=intranet_ip,
        group_id=group[0],
        group_name=group[1],
        tag=tag,
        importance=2 if tag == "prod" else 1,
    )
