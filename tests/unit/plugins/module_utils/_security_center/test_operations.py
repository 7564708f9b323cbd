# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import (
    CANCEL_IGNORE,
    OPERATIONS,
    RESTORE,
    STATUS_NAMES,
    UNBLOCK,
    lost_for_good,
    status_name,
    succeeded,
    way_back,
)

# The vendor's references: HandleSecurityEvents; DescribeSecurityEventOperations and HandleSimilarSecurityEvents; others.
_OF_THE_CALL = set(
    "block_ip advance_mark_mis_info ignore manual_handled kill_process cleanup kill_and_quara disable_malicious_defense "
    "client_problem_check quara".split()
)
_OF_OTHER_CALLS = set(
    "defense_mark_mis_info rm_defense_mark_mis_info rm_mark_mis_info cancle_manual virus_quara offline_handled "
    "virus_quara_bin kill_virus stop_container kill_container_process mark_mis_info".split()
)


def _codes(having: str) -> set[str]:
    return {code for code, operation in OPERATIONS.items() if getattr(operation, having)}


def test_the_catalogue_holds_every_code_and_knows_which_the_call_documents():
    assert set(OPERATIONS) == _OF_THE_CALL | _OF_OTHER_CALLS
    assert _codes("known") == _OF_THE_CALL


def test_what_each_operation_needs():
    assert _codes("needs_expiry") == {"block_ip"}
    assert _codes("sub_operations") == {"kill_and_quara", "virus_quara"}
    assert _codes("whitelists") == {"advance_mark_mis_info"}
    assert _codes("needs_params") == {"block_ip", "kill_and_quara", "virus_quara"}
    assert _codes("warning") == {"disable_malicious_defense", "client_problem_check"}
    assert not _codes("raw") & _codes("needs_params")


def test_what_is_destructive_and_what_of_it_comes_back():
    """Each way back is a call of its own or an operation; what has none says what is lost, but for two that end nothing."""
    assert _codes("destructive") == set(
        "kill_process cleanup kill_and_quara disable_malicious_defense quara virus_quara virus_quara_bin kill_virus "
        "stop_container kill_container_process".split()
    )
    ways = {code: operation.undone_by for code, operation in OPERATIONS.items() if operation.undone_by}
    assert set(ways.values()) - set(OPERATIONS) == {CANCEL_IGNORE, RESTORE, UNBLOCK}
    assert {code for code, way in ways.items() if way == RESTORE} == {"kill_and_quara", "quara", "virus_quara", "virus_quara_bin"}
    assert set(OPERATIONS) - set(ways) - _codes("lost") == {"client_problem_check", "offline_handled"}
    assert _codes("lost") <= _codes("destructive")


@pytest.mark.parametrize(
    ("code", "sub_operation", "way", "lost"),
    [
        ("ignore", None, CANCEL_IGNORE, False),
        ("block_ip", None, UNBLOCK, False),
        ("quara", None, RESTORE, False),
        ("kill_and_quara", None, RESTORE, True),
        ("kill_and_quara", "killAndQuaraFileByMd5andPath", RESTORE, True),
        ("kill_and_quara", "killByMd5andPath", "", True),
        ("kill_and_quara", "quaraFileByMd5andPath", RESTORE, False),
        ("kill_and_quara", "killContainerProcessByMd5AndPath", "", True),
        ("virus_quara", "quaraFileByMd5andPath", RESTORE, False),
        ("kill_process", None, "", True),
        ("advance_mark_mis_info", None, "rm_mark_mis_info", False),
    ],
)
def test_the_way_back_depends_on_what_was_done(code, sub_operation, way, lost):
    operation = OPERATIONS[code]
    assert way_back(operation, sub_operation) == way
    assert bool(lost_for_good(operation, sub_operation)) == lost


def test_every_sub_operation_of_kill_and_quara():
    assert set(OPERATIONS["kill_and_quara"].sub_operations) == {
        "killAndQuaraFileByMd5andPath",
        "killByMd5andPath",
        "quaraFileByMd5andPath",
        "killAndQuaraFileByPidAndMd5andPath",
        "killProcessByPidandPathandCmdline",
        "killContainerProcessByMd5AndPath",
    }


@pytest.mark.parametrize(
    ("code", "starts_from", "leads_to"),
    [
        ("ignore", (1,), (2,)),
        ("manual_handled", (1,), (32,)),
        ("advance_mark_mis_info", (1,), (8,)),
        ("mark_mis_info", (1,), (8,)),
        ("block_ip", (1,), (32,)),
        ("kill_and_quara", (1,), (32, 16)),
        ("rm_mark_mis_info", (8,), (1,)),
        ("cancle_manual", (32,), (1,)),
    ],
)
def test_from_which_status_an_operation_leads_to_which(code, starts_from, leads_to):
    assert (OPERATIONS[code].starts_from, OPERATIONS[code].leads_to) == (starts_from, leads_to)


def test_every_status_of_the_reference_has_a_name_of_its_own():
    assert set(STATUS_NAMES) == {1, 2, 4, 8, 16, 32, 64, 128, 512, 513, 604}
    assert len(set(STATUS_NAMES.values())) == len(STATUS_NAMES)


@pytest.mark.parametrize(("code", "name"), [(1, "pending"), (604, "false_positive_by_system"), (7, "status_7"), (None, None)])
def test_the_name_of_a_status(code, name):
    assert status_name(code) == name


@pytest.mark.parametrize(
    ("operation", "error_code", "done"),
    [
        ("ignore", "ignore.Success", True),
        ("advance_mark_mis_info", "advance_mark_mis_info.User.Success", True),
        ("ignore", "manual_handled.Success", False),
        ("mark_mis_info", "rm_mark_mis_info.Success", False),
        ("kill_and_quara", "kill_and_quara.AgentOffline", False),
        ("kill_and_quara", "kill_and_quara.Success.AgentOffline", False),
        ("ignore", "ignore", False),
        ("ignore", "Success", False),
        ("ignore", "ignore.success", False),
        ("ignore", "", False),
        ("ignore", None, False),
    ],
)
def test_a_code_says_done_by_its_first_and_last_part(operation, error_code, done):
    assert succeeded(error_code, OPERATIONS[operation]) is done
