# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml
from jinja2 import StrictUndefined

from ansible_collections.alicloud.security_center.plugins.doc_fragments import connection, member, planes
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.modules import security_event_info
from ansible_collections.alicloud.security_center.plugins.plugin_utils.event_source import OPTIONS, options_of

_ROOT = Path(__file__).resolve().parents[4]
_FILE = _ROOT / "extensions" / "eda" / "plugins" / "event_source" / "security_events.py"
_SPEC = importlib.util.spec_from_file_location("security_events", _FILE)
_SOURCE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SOURCE)
_DOCUMENTED = yaml.safe_load(_SOURCE.DOCUMENTATION)["options"]
_OF_MODULES = {
    name: about
    for texts in (connection, member, planes)
    for name, about in yaml.safe_load(texts.ModuleDocFragment.DOCUMENTATION)["options"].items()
} | yaml.safe_load(security_event_info.DOCUMENTATION)["options"]
# They speak of where it runs, of where it tells how it has logged in, and of what an account that can't be read does to it.
_OF_ITS_OWN = {"access_key_id", "ecs_role_name", "accounts"}


def _facts(option: dict) -> dict:
    named = ("type", "elements", "choices", "default", "aliases", "required")
    facts = {name: option[name] for name in named if option.get(name) is not None}
    return facts | {"options": {name: _facts(part) for name, part in (option.get("options") or option.get("suboptions") or {}).items()}}


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_is_documented_as_it_is(name):
    assert _facts(_DOCUMENTED[name]) == _facts(OPTIONS[name])


def test_nothing_else_is_documented():
    assert list(_DOCUMENTED) == list(OPTIONS)


@pytest.mark.parametrize("name", sorted((OPTIONS.keys() & _OF_MODULES.keys()) - _OF_ITS_OWN))
def test_an_option_says_what_the_modules_say_of_it(name):
    assert _DOCUMENTED[name]["description"] == _OF_MODULES[name]["description"]


@pytest.mark.parametrize("name", sorted(_DOCUMENTED))
def test_a_reference_leads_to_an_option(name):
    named = set(re.findall(r"O\((\w+)", str(_DOCUMENTED[name]["description"])))
    assert named <= OPTIONS.keys()


def test_galaxy_lists_the_folder_of_the_source():
    listed = yaml.safe_load((_ROOT / "meta" / "extensions.yml").read_text(encoding="utf-8"))["extensions"]
    plugins = (_ROOT / "extensions").glob("eda/plugins/*")
    assert [one["args"]["ext_dir"] for one in listed] == [str(path.relative_to(_ROOT / "extensions")) for path in plugins]


def test_the_examples_are_options(tmp_path):
    for example in yaml.safe_load(_SOURCE.EXAMPLES):
        (given,) = (value for name, value in example.items() if name != "name")
        given = {**given, "checkpoint": str(tmp_path)}
        if given.get("feedback"):
            given["eda_feedback_queue"] = object()
        options = options_of(given)
        assert {name: options[name] for name in given if name != "start"} == {
            name: value for name, value in given.items() if name != "start"
        }


def test_what_is_empty_was_not_given():
    assert options_of({"endpoint": "", "checkpoint": "", "levels": None}) == options_of({})


def test_a_text_becomes_what_the_option_is():
    options = options_of({"interval": "30", "levels": "serious,remind", "include_handled": "yes"})
    assert (options["interval"], options["levels"], options["include_handled"]) == (30.0, ["serious", "remind"], True)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"intervall": 3}, "intervall is no option of .*: did you mean interval?"),
        ({"colour": 3}, "colour is no option of .*: see its documentation"),
        ({"limit": 3}, "limit is no option of .*, which itself says what is read and in what order: remove it"),
        ({"interval": "often"}, "'interval' .* unable to convert to float"),
        ({"interval": 0.5}, "interval 0.5 is no pause: give seconds, from 1 to 86400"),
        ({"interval": float("nan")}, "interval nan is no pause"),
        ({"heartbeat": 0.5}, "heartbeat 0.5 is no pause: give seconds, from 1 to 86400, or 0 for none"),
        ({"heartbeat": -1}, "heartbeat -1 is no pause"),
        ({"lookback": "10"}, "lookback 10 is not a duration"),
        ({"lookback": "1s"}, "lookback 1s is out of range: give 2s to 30d"),
        ({"lookback": "31d"}, "lookback 31d is out of range"),
        ({"start": "soon"}, "start soon is not a time"),
        ({"start": "2999-01-01T00:00:00Z"}, "start 2999-01-01T00:00:00Z is in the future: give now, checkpoint, or a time"),
        ({"hostnames": ["dns_name"]}, "hostnames must be one or more of: instance_name"),
        ({"levels": StrictUndefined(name="wanted")}, "levels is a template that can't be read, 'wanted' is undefined: give"),
        ({"levels": []}, "levels is empty, which would stand for all alerts: give what to look at, or remove it"),
        ({"uuids": []}, "uuids is empty, which would stand for all alerts"),
        ({"levels": ["high"]}, "levels must be one or more of: serious"),
        ({"checkpoint": "/no/such/folder/file"}, "there is no folder /no/such/folder"),
        ({"feedback": True}, "feedback is true, and ansible-rulebook offers none: .*--persistence-id"),
        ({"container_field_name": "image"}, "required together: container_field_name, container_field_value"),
        ({"data_plane_endpoints": {"mars": "x"}}, "there is no such option: data_plane_endpoints.mars"),
        ({"accounts": ["all"], "resource_directory_account_id": "1"}, "does not go with accounts"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_refused_with_one_sentence(given, sentence):
    with pytest.raises(OptionError, match=sentence) as refusal:
        options_of(given)
    assert "\n" not in str(refusal.value)
