# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schema of a policy, made from the tables that policies are checked against.

``PYTHONPATH=tests python -m policy_schema`` writes it anew; a contract test says when that is due.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import (
    OPERATIONS,
    Operation,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy import (
    AI_VERDICTS,
    FILE_KEY,
    LEVELS,
    REQUIRED,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy_check import (
    LONGEST_NAME,
    OPEN_CODES,
    UUIDS,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import OPERATES

FILE = Path(__file__).parents[1] / "roles" / "respond" / "files" / "policy.schema.json"

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "pattern": r"\S"}
DURATION: Schema = {"type": "string", "pattern": "^([0-9]{1,9}[smhdw])+$"}
NAME_OR_ID: Schema = {"type": ["string", "integer"], "pattern": r"\S"}


def schema() -> Schema:
    """The schema of a policy file, draft 2020-12."""
    rules = {"$ref": "#/$defs/rules"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of the role alicloud.security_center.respond",
        "description": "Ordered rules; the first that matches an alert wins.",
        "$comment": "The first line of a policy names this file to editors: # yaml-language-server: $schema=policy.schema.json",
        "if": {"type": "array"},
        "then": rules,
        "else": _mapping({FILE_KEY: rules}, required=[FILE_KEY]),
        "$defs": {
            "rules": _list({"$ref": "#/$defs/rule"}),
            "rule": _rule(),
            "match": _match(),
            "fallback": _fallback(),
            "operation_params": _params(),
            "mark_miss_param": _mark(),
            "what_each_operation_takes": {"allOf": [_takes(code) for code in OPEN_CODES]},
        },
    }


def _rule() -> Schema:
    properties = {
        "name": _described(
            "How the rule is called in plans, approvals and reports. Each has its own.", **TEXT, maxLength=LONGEST_NAME
        ),
        "match": {"$ref": "#/$defs/match"},
        **_step(),
        "fallback_operations": _described(
            "What to try in turn when the service says that the operation can't be done.",
            **_list({"$ref": "#/$defs/fallback"}),
        ),
        "approval": _described("The rule is left for an apply in which a person has approved it.", const=REQUIRED),
        "remark": _described("Kept with the handling.", **TEXT),
    }
    rule = _mapping(properties, required=["name", "match", "operation_code"])
    return {**rule, "$ref": "#/$defs/what_each_operation_takes"}


def _match() -> Schema:
    properties = {
        "levels": _described("The urgency, as the service spells it.", **_list({"enum": list(LEVELS)})),
        "event_types": _described("The type or subtype of the alert; how it is spelt depends on lang.", **_list(TEXT)),
        "ai_verdicts": _described("The verdict of the service's AI.", **_list({"enum": list(AI_VERDICTS)})),
        "min_age": _described("How long ago the alert first occurred, at least, such as 5m.", **DURATION),
        "asset_names": _described(
            "The server's name in any case; * is any text, ? one character.", **_list(NAME_OR_ID)
        ),
        "name_regex": _described("A regular expression of Python that is found in one of the alert's names.", **TEXT),
        "asset_groups": _described("The id or the path of the server's asset group.", **_list(NAME_OR_ID)),
    }
    return _described(
        "Which alerts the rule takes: those for which all of it holds.", **_mapping(properties), minProperties=1
    )


def _fallback() -> Schema:
    bare = [code for code in OPEN_CODES if not OPERATIONS[code].needs_params]
    step = _mapping(_step(), required=["operation_code"])
    return {
        "if": {"type": "string"},
        "then": {"enum": bare},
        "else": {**step, "$ref": "#/$defs/what_each_operation_takes"},
    }


def _step() -> Schema:
    return {
        "operation_code": {"oneOf": [{"const": code, "description": OPERATIONS[code].does} for code in OPEN_CODES]},
        "operation_params": {"$ref": "#/$defs/operation_params"},
        "mark_miss_param": _list({"$ref": "#/$defs/mark_miss_param"}),
    }


def _params() -> Schema:
    return _mapping(
        {
            "expire_in": _described("How long an address is blocked, such as 6h.", **DURATION),
            "expire_time": _described("Until when an address is blocked, in milliseconds since 1970.", type="integer"),
            "sub_operation": _described("What is done to the process and its file.", **TEXT),
            "raw": _described("Parameters as the service takes them, a JSON object as text.", **TEXT),
        }
    )


def _mark() -> Schema:
    properties = {
        "field": TEXT,
        "operate": {"enum": list(OPERATES)},
        "field_value": TEXT,
        "uuid": {"enum": list(UUIDS)},
    }
    return _mapping(properties, required=["field", "operate", "field_value"])


def _takes(code: str) -> Schema:
    operation = OPERATIONS[code]
    takes: Schema = {"properties": {"operation_params": _params_of(operation)}}
    if operation.needs_params:
        takes["required"] = ["operation_params"]
    if not operation.whitelists:
        takes["properties"]["mark_miss_param"] = False
    return {"if": {"properties": {"operation_code": {"const": code}}, "required": ["operation_code"]}, "then": takes}


def _params_of(operation: Operation) -> Schema:
    if operation.needs_expiry:
        return {"oneOf": [{"required": ["expire_in"]}, {"required": ["expire_time"]}], "maxProperties": 1}
    if operation.sub_operations:
        sub_operation = {"sub_operation": {"enum": list(operation.sub_operations)}}
        return {"properties": sub_operation, "required": ["sub_operation"], "maxProperties": 1}
    return {"propertyNames": {"const": "raw"}} if operation.raw else {"maxProperties": 0}


def _mapping(properties: Schema, required: list[str] | None = None) -> Schema:
    mapping = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**mapping, "required": required} if required else mapping


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _described(description: str, **what: Any) -> Schema:
    return {"description": description, **what}


def written() -> str:
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
