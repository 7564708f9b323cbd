# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers under attack as hosts: grouped, reached at their addresses, and named safely whatever they are called.

`make hostile` runs these on other versions of ansible-core.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import COLLECTION, Play
from corpus import PRODUCT, as_it_comes_out, corpus
from inventories import ansible_inventory, inventory_file, listed

from simulator import Simulator
from simulator.seed_accounts import OWN_ACCOUNT
from simulator.state import Asset

FILE = "security_center_assets.yml"
LOCAL = {"connection": "local", "gather_facts": False, "vars": {"ansible_python_interpreter": sys.executable}}
FAST = {"requests_per_second": 1000}
VICTIM = "7c0d1e2f-0000-4000-8000-000000000001"


def assets(play: Play, **options: Any) -> Path:
    return inventory_file(play, "assets", FILE, **FAST, **options)


def is_that(value: Any, name: str, text: str) -> bool:
    """Whether a variable is ``text``; until ansible-core 2.18 what is composed of text that looks like a list or dict is one."""
    if name == "security_event_names":
        return bool(value == [f"{text}-{text}"])  # the type and the name of the alert
    one = value[0] if name == "in_a_list" else value
    return bool(one == text or (name in ("copied", "joined") and not isinstance(one, str) and text[:1] in "[{"))


def test_servers_under_attack_are_grouped_and_see_their_alerts(simulator: Simulator, play: Play):
    path = assets(play, accounts=["all"])
    code, graph, errors = ansible_inventory(play, "-i", path, "--graph")
    assert (code, errors) == (0, "")
    groups = dict(re.findall(r"^  \|--@(\w+):\n((?:  \|  .*\n)*)", graph, re.M))
    hosts = {group: set(re.findall(r"\|--(\S+)$", members, re.M)) for group, members in groups.items()}
    assert hosts["level_serious"] == {"k8s-node-1", "web-prod-1", "web-prod-2", "cache-1", "shop-1"}
    assert hosts["asset_group_web"] == {"web-prod-1", "web-prod-2"}
    assert hosts["account_own"] == hosts["security_center_assets"] - {"shop-1", "lab-1"}
    assert hosts["os_linux"] == hosts["region_cn_hangzhou"] == hosts["security_center_assets"]

    handle = {
        f"{COLLECTION}.handle_security_events": {
            "security_event_ids": "{{ security_event_ids }}",
            "resource_directory_account_id": "{{ resource_directory_account_id }}",
            "operation_code": "ignore",
            **FAST,
        }
    }
    run = play.playbook([{"hosts": "asset_group_shop", **LOCAL, "tasks": [handle]}], "-vv", "-i", str(path))
    assert run.code == 0, run.output
    assert "alicloud.security_center.assets logs in by environment" in run.output
    [result] = run.results
    assert result["summary"]["handled"] == 1
    assert list(simulator.state.handled.values()) == [1]


def test_what_a_server_is_called_or_tagged_is_no_template_and_no_pattern(
    simulator: Simulator, play: Play, tmp_path: Path
):
    canary = tmp_path / "canary"
    patterns = ["-oProxyCommand=x", "../../etc", "~web.*", "!web", "a,b:c[0:9]"]
    texts = [*corpus(str(canary)).values(), "all", "ungrouped", "localhost", "127.0.0.1", *patterns]
    state = simulator.state
    state.alerts.clear()
    shown = {}
    for number, text in enumerate(one for one in texts if len(one) < 1000):
        uuid = f"7c0d1e2f-{number:04d}-4000-8000-000000000001"
        shown[uuid] = as_it_comes_out(text)
        asset = Asset(uuid, OWN_ACCOUNT, text, text, text, text, tag=text, group_name=text, region_id=text, os=text)
        state.assets.append(asset)
        simulator.add_alert(id=80000 + number, uuid=uuid, name=text, level="serious", event_type=text)
    path = assets(
        play,
        compose={"copied": "tag", "joined": "'' ~ tag", "in_a_list": "[tag]"},
        groups={"tagged_so": "tag == 'x'", "with-sum": "'12347' in tag"},
        keyed_groups=[{"key": "tag", "separator": ""}, {"key": "security_event_names", "prefix": "alert"}],
        leading_separator=False,
    )
    servers = "groups.security_center_assets | map('extract', hostvars)"
    texts_of = ("instance_name", "region_id", "copied", "joined", "in_a_list", "security_event_names")
    tasks = [
        *({"debug": {"msg": f"{{{{ {servers} | items2dict('uuid', '{name}') }}}}"}} for name in texts_of),
        {"debug": {"msg": f"{{{{ {servers} | map(attribute='ansible_host') | unique }}}}"}},
        {"debug": {"msg": "{{ [groups.keys() | list, groups.all] }}"}},
    ]
    loose = {"ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "ignore"}
    plays = [{"hosts": "localhost", **LOCAL, "tasks": tasks}]
    run = play.playbook(plays, "-i", str(path), environ=loose)

    assert run.code == 0, run.output[-3000:]
    assert not canary.exists()
    assert PRODUCT not in run.output
    *results, addresses, last = [result["msg"] for result in run.results]
    for name, told in zip(texts_of, results, strict=True):
        assert told.keys() == shown.keys()
        assert [uuid for uuid, text in shown.items() if not is_that(told[uuid], name, text)] == [], name
    assert addresses == ["no-address.invalid"]
    names, hosts = last
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) for name in hosts)
    assert len(hosts) == len(shown)
    assert not {*hosts} & ({*names} | {"localhost", "127.0.0.1"})


def test_no_server_takes_the_name_of_another_or_leads_to_the_controller(simulator: Simulator, play: Play):
    other = play.folder / "other.ini"
    other.write_text("[web]\ndb-1 ansible_host=192.0.2.1\n", encoding="utf-8")
    state = simulator.state
    state.assets.clear()
    uuids = {name: f"{name}0d1e2f-0000-4000-8000-000000000001" for name in "abcdef"}
    names = {"a": "shop", "b": "SHOP", "c": "DB-1", "d": "web", "e": "os_linux", "f": f"shop_{uuids['a']}"}
    for one, name in names.items():
        state.assets.append(Asset(uuids[one], OWN_ACCOUNT, f"i-{one}", name, "127.0.0.1", "::1"))
    state.assets[0].intranet_ip = "10.0.0.1"
    path = assets(play, with_alerts=False)
    hosts = listed(play, "-i", other, "-i", path)
    assert {host.get("uuid"): name for name, host in hosts.items()} == {
        None: "db-1",
        **{uuids[one]: f"{names[one]}_{uuids[one]}" for one in "abcdef"},
    }
    assert {name: host["ansible_host"] for name, host in hosts.items() if "no-address" not in host["ansible_host"]} == {
        "db-1": "192.0.2.1",
        f"shop_{uuids['a']}": "10.0.0.1",
    }


def test_the_cache_is_used_until_it_is_broken_or_other_servers_are_asked_for(simulator: Simulator, play: Play):
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(play.folder / "kept")}
    path = assets(play, **kept)
    first = listed(play, "-i", path)
    calls = len(simulator.calls)
    assert listed(play, "-i", path) == first
    assert len(simulator.calls) == calls
    [file] = (play.folder / "kept").iterdir()
    for broken in ("{", '{"asked": {}, "answer": 1}', file.read_text(encoding="utf-8").replace("alerts", "a")):
        file.write_text(broken, encoding="utf-8")
        before = len(simulator.calls)
        assert listed(play, "-i", path) == first
        assert len(simulator.calls) > before
    assert listed(play, "-i", assets(play, levels=["serious"], **kept)).keys() < first.keys()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"level": ["serious"]}, "level is no option of alicloud.security_center.assets: did you mean levels?"),
        ({"levels": ["urgent"]}, "levels"),
        ({"region_id": "cn-nowhere"}, "region_id cn-nowhere"),
        ({"criteria": [{"nam": "groupName", "value": "web"}]}, "criteria has an entry that is no condition"),
        ({"data_planes": "both", "data_plane_endpoints": {"chna": "x"}}, "data_plane_endpoints names chna"),
        ({"access_key_id": "LTAI-half-a-pair"}, "access_key_secret"),
    ],
)
def test_what_is_wrong_in_an_inventory_file_is_told(options: dict[str, Any], sentence: str, play: Play):
    code, _told, errors = ansible_inventory(play, "-i", assets(play, **options), "--graph")
    assert code != 0
    assert sentence in " ".join(errors.split())
    assert not play.simulator.calls


def test_an_account_or_plane_that_fails_keeps_no_other_and_all_of_them_fail_the_inventory(
    simulator: Simulator, play: Play
):
    both = {"data_planes": "both", "data_plane_endpoints": simulator.endpoints, "max_retries": 0}
    gone = "9999999999999999"
    code, graph, errors = ansible_inventory(play, "-i", assets(play, accounts=[gone, "2234567890123456"], **both), "--graph")  # fmt: skip
    assert (code, "shop-1" in graph) == (0, True)
    assert f"member account {gone} on the data plane china is missing" in " ".join(errors.split())
    simulator.fail("DescribeSuspEvents", times=9, how="error", code="NoPermission", http_status=403)
    code, _graph, errors = ansible_inventory(play, "-i", assets(play, **both), "--graph")
    assert code != 0
    assert "NoPermission" in errors
