# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventories share, without the service: whose answer a cache keeps, and which names are taken."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData

from ansible_collections.alicloud.security_center.plugins.inventory import assets
from ansible_collections.alicloud.security_center.plugins.inventory.member_accounts import InventoryModule
from ansible_collections.alicloud.security_center.plugins.plugin_utils.inventory import refuse_templates

OPTIONS = {"cache": True, "region_id": "cn-shanghai"}


@pytest.fixture
def inventory(monkeypatch, tmp_path):
    """An inventory whose service tells a new answer each time."""
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    made = InventoryModule()
    answers = iter(range(100))
    made._cache = {}
    made.get_cache_key = lambda path: path
    made.read = lambda options, hidden: next(answers)
    made.fits = lambda kept: isinstance(kept, int)
    return made


def read(inventory, **options):
    return inventory._answer({**OPTIONS, **options}, "file", True)


def test_an_answer_is_kept_for_who_asked_and_no_one_else(inventory, monkeypatch, tmp_path):
    assert (read(inventory), read(inventory)) == (0, 0)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "renewed")
    assert read(inventory) == 0
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tOfAnother")
    assert (read(inventory), read(inventory)) == (1, 1)
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "other")
    assert read(inventory) == 2
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text('{"current": "other"}', encoding="utf-8")
    assert read(inventory) == 3
    for number, name in enumerate(("access_key_id", "profile", "ecs_role_name", "role_arn", "role_policy", "region_id"), 4):
        assert read(inventory, **{name: "other"}) == number
    assert read(inventory, access_key_id="LTAI5tNotToBeSeen") == 10
    assert "LTAI5t" not in json.dumps(inventory._cache)


def test_a_cache_that_can_not_be_read_is_told_and_written_anew(inventory):
    class Damaged(dict):
        def get(self, key):
            raise TypeError("list indices must be integers")

    told = []
    inventory.warn = told.append
    inventory._cache = Damaged()
    assert read(inventory) == 0
    assert inventory._cache["file"]["answer"] == 0
    assert told == ["the inventory's cache can't be used, so the service is asked: list indices must be integers"]


def test_no_text_out_of_a_cache_is_a_template(inventory):
    template = pytest.importorskip("ansible.template")
    if not hasattr(template, "trust_as_template"):
        pytest.skip("until ansible-core 2.18 what is untrusted is marked")
    trusted = template.trust_as_template("{{ 1 }}")
    assert template.is_trusted_as_template(trusted)
    inventory._cache["file"] = {"text": trusted}
    kept = inventory._kept("file")
    assert kept == {"text": "{{ 1 }}"}
    assert not template.is_trusted_as_template(kept["text"])


@pytest.mark.parametrize(
    ("groups", "keyed_groups", "name", "is_taken"),
    [
        ({"on-call": "true"}, [], "ON_CALL", True),
        ({}, [{"key": "tag", "prefix": "tag"}], "Tag_prod", True),
        ({}, [{"key": "tag", "prefix": "t", "separator": ""}], "tprod", True),
        ({}, [{"key": "tag", "prefix": "tag", "parent_group": "tags"}], "tags", True),
        ({}, [{"key": "tag", "prefix": "tag"}], "web", False),
        ({}, [{"key": "tag"}, "tag"], "tag_prod", False),  # that group is called _prod
        ({}, None, "web", False),
    ],
)
def test_no_server_takes_the_name_of_a_group_that_is_made_after_it(groups, keyed_groups, name, is_taken):
    inventory = assets.InventoryModule()
    inventory.inventory = InventoryData()
    taken = inventory._taken({"groups": groups, "keyed_groups": keyed_groups})
    assert taken(name, "u-1") is is_taken
    assert not taken(f"{name}_u-1", "u-1")


def test_an_option_that_looks_like_a_template_is_refused_without_its_value():
    refuse_templates({"keyed_groups": [{"key": "tag", "parent_group": "{{ os }}"}], "compose": {"a": "{{ b }}"}, "cache": True})
    with pytest.raises(AnsibleParserError, match="access_key_id is a template") as told:
        refuse_templates({"access_key_id": "{{ lookup('env', 'KEY') }}"})
    assert "KEY'" not in str(told.value)
