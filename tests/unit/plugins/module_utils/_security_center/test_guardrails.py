# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import (
    ASSET_KEYS,
    DEFAULT_MAX_EVENTS,
    DEFAULT_NEVER_BLOCK,
    DEFAULT_OPERATIONS,
    GuardRails,
    blocked_by,
    from_options,
    needs_asset,
    protection,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS

_WEB, _DB = {"name": "web-*"}, {"name": "db-*"}


def test_by_default_everything_but_the_dangerous_operation_is_allowed():
    assert set(DEFAULT_OPERATIONS) == set(OPERATIONS) - {"disable_malicious_defense"}
    assert from_options({}, []) == GuardRails((), ("private", "own_assets"), frozenset(DEFAULT_OPERATIONS), 100, None)


# Only a task's own options may loosen a default; what a file says is added, cut or taken when it is smaller.
@pytest.mark.parametrize(
    ("name", "option", "files", "holds"),
    [
        ("max_events", None, [], DEFAULT_MAX_EVENTS),
        ("max_events", 500, [], 500),
        ("max_events", 500, [20], 20),
        ("max_events", 5, [20], 5),
        ("max_events", None, [500], DEFAULT_MAX_EVENTS),
        ("max_events", 500, [20, 10], 10),
        ("max_events_per_asset", None, [], None),
        ("max_events_per_asset", 3, [], 3),
        ("max_events_per_asset", None, [3], 3),
        ("max_events_per_asset", 5, [3, 4], 3),
        ("max_share", None, [], None),
        ("max_share", 12.5, [], 12.5),
        ("max_share", None, [20], 20),
        ("max_share", 5.0, [20, 10], 5),
        ("max_share", 50.0, [20, 10], 10),
        ("allowed_operations", ["disable_malicious_defense"], [], {"disable_malicious_defense"}),
        ("allowed_operations", ["ignore", "quara"], [["ignore", "block_ip"]], {"ignore"}),
        ("allowed_operations", None, [["ignore", "disable_malicious_defense"]], {"ignore"}),
        ("allowed_operations", ["ignore"], [[]], set()),
        ("allowed_operations", [], [], set()),
        ("never_block", None, [], DEFAULT_NEVER_BLOCK),
        ("never_block", [], [], ()),
        ("never_block", [], [["192.0.2.0/24"]], ("192.0.2.0/24",)),
        ("never_block", None, [["192.0.2.0/24"], ["2001:db8::1"]], (*DEFAULT_NEVER_BLOCK, "192.0.2.0/24", "2001:db8::1")),
        ("protected_assets", None, [[_WEB]], (_WEB,)),
        ("protected_assets", [_WEB], [[_DB], [{"uuid": 7}]], (_WEB, _DB, {"uuid": "7"})),
        ("protected_assets", [{"name": "x", "uuid": None}], [], ({"name": "x"},)),
    ],
)
def test_files_tighten_and_never_loosen(name, option, files, holds):
    rails = from_options({name: option}, [(f"f{place}", {name: content}) for place, content in enumerate(files)])
    assert getattr(rails, name) == holds
    others = {other for other in rails._fields if other != name}
    assert {other: getattr(rails, other) for other in others} == {other: getattr(GuardRails(), other) for other in others}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "is not a mapping: write a line such as max_events: 20"),
        ([], "is not a mapping"),
        ("max_events: 1", "is not a mapping"),
        ({"max_event": 1}, "has the unknown key max_event: known are protected_assets, never_block, allowed_operations, "),
        ({5: 1}, "has the unknown key 5"),
        ({"max_events": None}, ": max_events has no value: give one, or remove the line"),
        ({"max_events": 0}, ": max_events 0 is not a count: give a whole number from 1"),
        ({"max_events": "20"}, ": max_events 20 is not a count"),
        ({"max_events": True}, ": max_events True is not a count"),
        ({"max_events_per_asset": 1.5}, ": max_events_per_asset 1.5 is not a count"),
        *(
            ({"max_share": value}, f": max_share {value} is not a share: give percent, more than 0 and at most 100")
            for value in (0, -1, 100.1, True, "20", float("nan"), float("inf"))
        ),
        ({"time_window": "08:00-18:00 Z"}, ": time_window is not a list"),
        ({"time_window": []}, ": time_window is empty: give a time window, or remove it"),
        ({"time_window": [480]}, ": time_window 480 is not a time window: write one such as Mon-Fri 22:00-06:00 +08:00"),
        ({"allowed_operations": "ignore"}, ": allowed_operations is not a list: write each entry on a line of its own"),
        ({"allowed_operations": ["Ignore"]}, ": allowed_operations has the unknown code Ignore: known are block_ip, "),
        ({"never_block": {"private": 1}}, ": never_block is not a list"),
        ({"never_block": ["mine"]}, ": never_block mine is not an address or network: write one such as 192.0.2.0/24"),
        ({"never_block": [None]}, ": never_block None is not an address or network"),
        ({"protected_assets": {"uuid": "x"}}, ": protected_assets is not a list"),
        ({"protected_assets": ["x"]}, ": protected_assets has the entry x: write one such as uuid: …, or name: db-*"),
        ({"protected_assets": [{}]}, ": protected_assets has an empty entry: known are uuid, instance_id, name, "),
        ({"protected_assets": [{"uuid": None}]}, ": protected_assets has an empty entry"),
        ({"protected_assets": [{"Uuid": "x"}]}, ": protected_assets has the unknown key Uuid: known are uuid, "),
        ({"protected_assets": [{"uuid": " "}]}, ": protected_assets: uuid is empty: give what to protect"),
        *(
            ({"protected_assets": [{"tag": value}]}, f": protected_assets: tag {value} is not text: write one entry for each, and put ")
            for value in (["a", "b"], {"a": 1}, 1.5, True)
        ),
        ({"protected_assets": [{"address": "web-1"}]}, ": protected_assets: address web-1 is not an address or network"),
    ],
    ids=str,
)  # fmt: skip
def test_a_file_that_is_not_understood_holds_everything_up(content, sentence):
    with pytest.raises(OptionError) as caught:
        from_options({}, [("rails.yml", content)])
    assert str(caught.value).replace("rails.yml: ", "rails.yml : ").startswith(f"guardrails_file rails.yml {sentence}")


def test_an_option_that_is_not_understood_is_named_without_a_file():
    with pytest.raises(OptionError) as caught:
        from_options({"max_events": 0}, [])
    assert str(caught.value) == "max_events 0 is not a count: give a whole number from 1"


# --- protected assets: yes, no, or not told, for every key ---
_YES, _NO, _UNTOLD = "protected", "free", "untold"


def _told(reason: str) -> str:
    return _UNTOLD if "can't be checked" in reason else _YES if reason else _NO


_ASSET = {
    "uuid": "u",
    "instance_id": "i",
    "instance_name": "db-1",
    "addresses": ["10.0.0.5", "2001:db8::5"],
    "groups": ["7", "/root/db"],
    "tags": ["prod"],
    "cluster_id": "c",
    "cluster_name": "main",
    "namespace": "shop",
}


@pytest.mark.parametrize(
    ("rule", "alert", "asset", "answer"),
    [
        ({"uuid": "u"}, {"uuid": "u"}, None, _YES),
        ({"uuid": "u"}, {"uuid": "v"}, None, _NO),
        ({"uuid": "U"}, {"uuid": "u"}, None, _YES),
        ({"uuid": "u"}, {"uuid": "U"}, None, _YES),
        ({"uuid": "u"}, {}, None, _UNTOLD),
        ({"uuid": "u"}, {}, _ASSET, _YES),
        ({"instance_id": "i"}, {"instance_id": "i"}, None, _YES),
        ({"instance_id": "i"}, {"instance_id": "j"}, None, _NO),
        ({"instance_id": "i"}, {"instance_id": "j"}, _ASSET, _YES),
        ({"instance_id": "i"}, {"instance_id": ""}, None, _UNTOLD),
        ({"name": "db-*"}, {"instance_name": "DB-1"}, None, _YES),
        ({"name": "DB-?"}, {"instance_name": "db-1"}, None, _YES),
        ({"name": "db-?"}, {"instance_name": "db-10"}, None, _UNTOLD),
        ({"name": "db-?"}, {"instance_name": "db-10"}, {**_ASSET, "instance_name": "db-10"}, _NO),
        ({"name": "db[1]"}, {"instance_name": "db[1]"}, None, _YES),
        ({"name": "db[1]"}, {"instance_name": "db1"}, {**_ASSET, "instance_name": "db1"}, _NO),
        ({"name": "db"}, {"instance_name": "db-1"}, _ASSET, _NO),
        ({"name": "db-*"}, {"instance_name": "web-1"}, _ASSET, _YES),
        ({"name": "db-*"}, {}, None, _UNTOLD),
        ({"address": "10.0.0.0/8"}, {"intranet_ip": "10.0.0.5"}, None, _YES),
        ({"address": "10.0.0.5"}, {"internet_ip": "203.0.113.1", "intranet_ip": "10.0.0.5"}, None, _YES),
        ({"address": "10.0.0.0/8"}, {"internet_ip": "203.0.113.1"}, None, _UNTOLD),
        ({"address": "172.16.0.0/12"}, {"internet_ip": "203.0.113.1"}, _ASSET, _NO),
        ({"address": "2001:db8::/32"}, {"internet_ip": "203.0.113.1"}, _ASSET, _YES),
        ({"address": "10.0.0.0/8"}, {"internet_ip": "unknown"}, None, _UNTOLD),
        ({"address": "::ffff:10.0.0.0/104"}, {"intranet_ip": "10.0.0.5"}, None, _YES),
        ({"tag": "prod"}, {}, _ASSET, _YES),
        ({"tag": "test"}, {}, _ASSET, _NO),
        ({"tag": "prod"}, {"uuid": "u"}, None, _UNTOLD),
        ({"group": "/root/db"}, {}, _ASSET, _YES),
        ({"group": "7"}, {}, _ASSET, _YES),
        ({"group": "8"}, {}, _ASSET, _NO),
        ({"group": "7"}, {"uuid": "u"}, None, _UNTOLD),
        ({"account": "123"}, {"source_ali_uid": "123"}, None, _YES),
        ({"account": "123"}, {"source_ali_uid": "456"}, None, _NO),
        ({"account": "123"}, {"uuid": "u"}, _ASSET, _UNTOLD),
        ({"cluster": "c"}, {"k8s_cluster_id": "c"}, None, _YES),
        ({"cluster": "main"}, {"k8s_cluster_name": "main"}, None, _YES),
        ({"cluster": "c"}, {"cluster_id": "d"}, None, _UNTOLD),
        ({"cluster": "x"}, {"cluster_id": "d"}, _ASSET, _NO),
        ({"cluster": "prod"}, {"k8s_cluster_id": "c"}, {**_ASSET, "cluster_name": None}, _UNTOLD),
        ({"cluster": "main"}, {"uuid": "u"}, _ASSET, _YES),
        ({"cluster": "c"}, {"uuid": "u"}, None, _UNTOLD),
        # A server outside any cluster.
        ({"cluster": "c"}, {"uuid": "u"}, {**_ASSET, "cluster_id": None, "cluster_name": None}, _NO),
        ({"cluster": "c"}, {"uuid": "u", "container_id": "x"}, None, _UNTOLD),
        ({"cluster": "c"}, {}, None, _UNTOLD),
        ({"namespace": "shop"}, {"k8s_namespace": "shop"}, None, _YES),
        ({"namespace": "shop"}, {"k8s_namespace": "other"}, None, _NO),
        ({"namespace": "shop"}, {"uuid": "u"}, _ASSET, _YES),
        ({"namespace": "shop"}, {"container_id": "x"}, None, _UNTOLD),
        ({"namespace": "shop"}, {"uuid": "u"}, None, _UNTOLD),
        ({"namespace": "shop"}, {"uuid": "u"}, {**_ASSET, "namespace": None}, _NO),
        # All keys of an entry must match; one that denies outweighs one that is not told.
        ({"uuid": "u", "name": "db-*"}, {"uuid": "u", "instance_name": "db-1"}, None, _YES),
        ({"uuid": "u", "name": "web-*"}, {"uuid": "u", "instance_name": "db-1"}, _ASSET, _NO),
        ({"uuid": "u", "tag": "prod"}, {"uuid": "u"}, None, _UNTOLD),
        ({"uuid": "x", "tag": "prod"}, {"uuid": "u"}, None, _NO),
    ],
)
def test_who_is_protected(rule, alert, asset, answer):
    assert _told(protection([rule], alert, asset)) == answer


def test_the_table_above_knows_every_key():
    marks = test_who_is_protected.pytestmark[0].args[1]
    answers = {key: {row[3] for row in marks if list(row[0]) == [key]} for key in ASSET_KEYS}
    assert answers == {key: {_YES, _NO, _UNTOLD} for key in ASSET_KEYS}


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([], ""),
        ([{"uuid": "x", "name": "web-*"}], ""),
        ([{"uuid": "x"}, {"uuid": "u"}], "the asset is protected by protected_assets (uuid: u)"),
        ([{"name": "d\x1b*"}], "protected_assets (name: d\\x1b*) can't be checked: the service does not tell the name of this alert's asset"),
        (
            [{"uuid": "u", "tag": "prod", "group": "7"}],
            "protected_assets (uuid: u, tag: prod, group: 7) can't be checked: the service does not tell the tag of this alert's asset",
        ),
    ],
)  # fmt: skip
def test_the_reason_names_the_rule(rules, reason):
    assert protection(rules, {"uuid": "u", "instance_name": "db-1"}, None) == reason


@pytest.mark.parametrize(
    ("rules", "needed"),
    [([], False), ([{"uuid": "u"}], False), ([{"uuid": "x"}, {"tag": "prod"}], True), ([{"account": "1"}], True)],
)
def test_an_asset_is_looked_up_only_when_a_rule_turns_on_it(rules, needed):
    assert needs_asset(rules, {"uuid": "u"}) is needed


@pytest.mark.parametrize(
    ("never_block", "address", "reason"),
    [
        *(
            (["private"], address, f"{address} is a private address (never_block: private)")
            for address in (
                "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.1.1", "172.16.0.1",
                "172.31.255.255", "192.168.1.1", "::", "::1", "fd00::1", "fe80::1",
            )
        ),
        *((["private"], address, "") for address in ("100.128.0.1", "172.32.0.1", "198.51.100.23", "2001:db8::1", "::2")),
        (["192.0.2.0/24"], "192.0.2.200", "192.0.2.200 is in never_block (192.0.2.0/24)"),
        (["192.0.2.7/24"], "192.0.2.200", "192.0.2.200 is in never_block (192.0.2.7/24)"),
        (["192.0.2.1"], "192.0.2.1", "192.0.2.1 is in never_block (192.0.2.1)"),
        (["192.0.2.1"], "192.0.2.2", ""),
        (["2001:db8::/32"], "2001:db8::9", "2001:db8::9 is in never_block (2001:db8::/32)"),
        (["::/0"], "192.0.2.1", ""),
        (["::ffff:192.0.2.1"], "192.0.2.1", "192.0.2.1 is in never_block (::ffff:192.0.2.1)"),
        (["::ffff:192.0.2.7/120"], "192.0.2.200", "192.0.2.200 is in never_block (::ffff:192.0.2.7/120)"),
        (["::ffff:192.0.2.0/120"], "192.0.3.1", ""),
        (["::ffff:0:0/95"], "192.0.2.1", ""),
        (["own_assets"], "10.0.0.1", ""),
        ([], "10.0.0.1", ""),
    ],
)  # fmt: skip
def test_which_address_is_never_blocked(never_block, address, reason):
    assert blocked_by(never_block, address) == reason
