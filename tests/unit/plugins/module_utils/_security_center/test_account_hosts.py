# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.account_hosts import (
    OWN,
    hosts_of,
    is_answer,
)


def member(account_id, edition):
    return {
        "account_id": account_id,
        "edition": edition,
        "sas_version": 1,
        "add_time": None,
        "post_basic_service": None,
        "operator_uid": "{{ 7 * 7 }}",
    }


MEMBERS = [member("11", "free"), member("12", "anti-virus"), member("13", None)]


@pytest.mark.parametrize(
    ("options", "names", "told"),
    [
        ({}, ["11", "12", "13"], []),
        ({"accounts": ["all"]}, ["11", "12", "13"], []),
        ({"own_account": True}, [OWN, "11", "12", "13"], []),
        ({"accounts": ["13", "11"]}, ["11", "13"], []),
        ({"accounts": ["12", "99"]}, ["12"], ["accounts names 99: not among the member accounts of the caller"]),
        ({"editions": ["anti-virus", "ultimate"]}, ["12"], []),
        ({"accounts": ["11"], "editions": ["anti-virus"], "own_account": True}, [OWN], []),
    ],
)
def test_the_accounts_that_are_asked_for_are_hosts(options, names, told):
    warnings = []
    hosts = list(hosts_of(MEMBERS, {"accounts": None, "editions": None, "own_account": False, **options}, warnings.append))
    assert [host.name for host in hosts] == names
    assert [host.variables["resource_directory_account_id"] or OWN for host in hosts] == names
    assert warnings == told


def test_a_host_is_in_the_group_of_its_edition_and_has_no_text_of_the_services_own():
    options = {"accounts": None, "editions": None, "own_account": True}
    own, *hosts = hosts_of(MEMBERS, options, print)
    assert own.groups == ["security_center_accounts"]
    assert [host.groups[1] for host in hosts] == ["edition_free", "edition_anti_virus", "edition_unknown"]
    assert not any("operator_uid" in host.variables for host in hosts)


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [
        (["98", "99"], "accounts names 98, 99: not among the member accounts of the caller"),
        (["all", "11"], "accounts names all, and others beside it"),
        ([], "accounts is empty"),
        (["eleven"], "accounts"),
    ],
)
def test_accounts_that_lead_nowhere_are_refused(accounts, sentence):
    with pytest.raises(OptionError, match=sentence):
        list(hosts_of(MEMBERS, {"accounts": accounts, "editions": None, "own_account": True}, print))


def test_what_a_cache_kept_is_believed_only_when_it_is_of_members():
    assert is_answer(MEMBERS) and is_answer([])
    for broken in (None, {}, [1], [{}], [{**MEMBERS[0], "account_id": "../11"}], "11"):
        assert not is_answer(broken)
