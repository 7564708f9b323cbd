# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_tasks import ways_back

yaml = pytest.importorskip("yaml", reason="reads the tasks as a playbook does")


class _Loader(yaml.SafeLoader):
    """Reads a task as Ansible does, which knows the tag !unsafe."""


_Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


def _row(one: str, **options) -> dict:
    revert = {"module": "alicloud.security_center.revert_security_events", "options": {"security_event_ids": [one], **options}}
    return {"security_event_id": one, "outcome": "handled", "revert": revert}


def test_alerts_that_go_back_in_the_same_way_share_a_task():
    rows = [_row(str(one), operation_code="ignore") for one in range(150)] + [_row("999", operation_code="quara")]
    rows += [{"security_event_id": "1000", "outcome": "handled", "revert": None}]
    tasks = ways_back(rows)
    assert [len(task["options"]["security_event_ids"]) for task in tasks] == [100, 50, 1]
    for task in tasks:
        (read,) = yaml.safe_load(task["task"])
        assert read[task["module"]] == task["options"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ 12347 * 67891 }}",
        "{% if x %}",
        "{# x #}",
        'a "b" \\ c: d # e',
        "a\nb\x00\x85\u2028\u202e",
        "\U0001f600\U000e0041",
        "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ 12347 * 67891 ]]",
    ],
    ids=ascii,
)
def test_what_an_attacker_wrote_into_a_rule_is_the_same_text_in_the_task_and_no_template(text):
    rule = {"field": "cmdLine", "operate": "contains", "field_value": text}
    (task,) = ways_back([_row("7", operation_code="advance_mark_mis_info", mark_miss_param=[rule])])
    assert task["task"].replace("\n", "").isprintable()
    (read,) = yaml.load(task["task"], _Loader)
    value = read[task["module"]]["mark_miss_param"][0]["field_value"]
    assert value == (("unsafe", text) if "{" in text or "jinja" in text else text)


@pytest.mark.parametrize(
    "revert",
    [
        {"module": "ansible.builtin.shell", "options": {"cmd": "id"}},
        {"module": "alicloud.security_center.revert_security_events:\n", "options": {}},
        {"module": "alicloud.security_center.revert_security_events", "options": {"a\n- b": 1}},
        {"module": "alicloud.security_center.revert_security_events", "options": None},
        {},
    ],
)
def test_a_task_that_no_run_of_ours_has_written_is_not_offered(revert):
    assert ways_back([{"security_event_id": "7", "outcome": "handled", "revert": revert}]) == []
