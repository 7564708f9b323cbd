# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for AWX: as much of its API as the modules of awx.awx and our approval ask for, with its state.

Shapes and refusals are those of AWX 24.6.1 (awx/api/serializers.py, awx/api/views, awx/main/fields.py). What is asked of it
that it does not know is answered with 404 or 400 and noted in ``unknown``: a test holds that empty.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from awx.tables import ASSOCIATIONS, KEYS, TABLES
from simulator.transport import Server

Record = dict[str, Any]
TOKEN = "oauth-token-of-the-stand-in"
PASSWORD = "password-of-the-stand-in"
# The playbooks that a checkout of the project has.
PLAYBOOKS = tuple(f"playbooks/{name}.yml" for name in ("apply", "contain", "handle", "plan", "report", "revert"))
_SURVEY_TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": (int, float),
}


class Refused(Exception):
    """An answer of HTTP 400."""

    def __init__(self, **reasons: Any) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class Standin:
    """AWX on a port of 127.0.0.1, for the length of a ``with`` block. ``users`` are the names of persons, by id."""

    def __init__(self) -> None:
        self.users = {1: "admin", 2: "alice", 3: "bob", 4: "robot"}
        self.tables: dict[str, dict[int, Record]] = {name: {} for name in TABLES}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.unknown: list[str] = []
        self.requests: list[str] = []
        self.answers: dict[str, tuple[int, str, dict[str, str]]] = {}  # by path: what is answered in place of the truth
        self.page_size = 200
        self._lock = threading.Lock()
        self._last_id = 10
        self.add("organizations", name="Default")
        self.add(
            "credential_types",
            name="Red Hat Ansible Automation Platform",
            namespace="controller",
            kind="cloud",
            managed=True,
        )
        self._server = Server(self._app(), 0, None)
        self.endpoint = self._server.endpoint

    def __enter__(self) -> Standin:
        self._server.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.stop()

    @property
    def environ(self) -> dict[str, str]:
        """What the built-in credential type puts into the environment of a job."""
        return {
            "CONTROLLER_HOST": self.endpoint,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            "CONTROLLER_USERNAME": "",
            "CONTROLLER_PASSWORD": "",
            "CONTROLLER_VERIFY_SSL": "True",
        }

    # What happens in AWX without our doing: people launch, approve and deny.

    def add(self, table: str, **fields: Any) -> int:
        """A new record; its id."""
        self._last_id += 1
        now = _now()
        self.tables[table][self._last_id] = {**TABLES[table].defaults, "created": now, "modified": now, **fields}
        return self._last_id

    def launch_workflow(self, user: str | None, launch_type: str = "manual", **fields: Any) -> int:
        """A workflow job with the nodes plan, approval, apply and report, none of them begun."""
        workflow_job = self._launched("workflow_jobs", user, launch_type, **fields)
        nodes = [
            self.add("workflow_job_nodes", workflow_job=workflow_job, identifier=name)
            for name in ("plan", "approval", "apply", "report")
        ]
        for before, after in itertools.pairwise(nodes):
            self.tables["workflow_job_nodes"][before]["success_nodes"] = [after]
        return workflow_job

    def start(self, workflow_job: int, identifier: str) -> int:
        """The job of a node, begun; of the node approval it is an approval that waits."""
        node = self.node(workflow_job, identifier)
        parent = self.tables["workflow_jobs"][workflow_job]
        table = "workflow_approvals" if identifier == "approval" else "jobs"
        status = "pending" if identifier == "approval" else "running"
        node["job"] = self.add(
            table,
            name=identifier,
            status=status,
            launch_type="workflow",
            launched_by=parent["launched_by"],
            created_by=parent["created_by"],
            source_workflow_job=workflow_job,
        )
        return int(node["job"])

    def approve(self, workflow_job: int, user: str | None, status: str = "successful", **fields: Any) -> None:
        """Somebody decides on the approval that waits."""
        approval = self.tables["workflow_approvals"][self.node(workflow_job, "approval")["job"]]
        approval.update(status=status, approved_or_denied_by=self.user_id(user), finished=_now())
        approval.update(fields)

    def launch_job(self, user: str | None, launch_type: str = "manual", **fields: Any) -> int:
        """A job outside of any workflow: launched by hand, or one launched again."""
        return self._launched("jobs", user, launch_type, **fields)

    def node(self, workflow_job: int, identifier: str) -> Record:
        return next(
            node
            for node in self.tables["workflow_job_nodes"].values()
            if node["workflow_job"] == workflow_job and node["identifier"] == identifier
        )

    def user_id(self, user: str | None) -> int | None:
        return next((number for number, name in self.users.items() if name == user), None)

    def _launched(self, table: str, user: str | None, launch_type: str, **fields: Any) -> int:
        number = self.user_id(user)
        by = {"id": number, "name": user, "type": "user", "url": f"/api/v2/users/{number}/"} if user else {}
        given = {
            "name": table,
            "status": "running",
            "launch_type": launch_type,
            "launched_by": by,
            "created_by": number,
        }
        return self.add(table, **{**given, **fields})

    # The API.

    def _app(self) -> Flask:
        app = Flask("awx")
        app.add_url_rule(
            "/<path:path>", "any", self._answer, methods=["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]
        )
        return app

    def _answer(self, path: str) -> Response:
        with self._lock:
            self.requests.append(f"{request.method} /{request.full_path.lstrip('/').rstrip('?')}")
            status, body, headers = self._routed(f"/{path}")
        headers = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"} | headers
        return Response(body, status, headers, mimetype="application/json")

    def _routed(self, path: str) -> tuple[int, str, dict[str, str]]:
        if path in self.answers:
            return self.answers[path]
        if not self._logged_in():
            return 401, json.dumps({"detail": "Authentication credentials were not provided."}), {}
        try:
            known = re.fullmatch(r"/api/v2/(\w+)/(?:(\d+)/(?:(\w+)/)?)?", path)
            if known and (answer := self._dispatch(known[1], known[2] and int(known[2]), known[3])) is not None:
                status, value = answer
                return status, "" if value is None else json.dumps(value), {}
        except Refused as refused:
            return 400, json.dumps(refused.reasons), {}
        self.unknown.append(f"{request.method} {path}")
        return 404, json.dumps({"detail": "Not found."}), {}

    def _logged_in(self) -> bool:
        kind, _blank, value = request.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer":
            return value == TOKEN
        return kind == "Basic" and base64.b64decode(value).decode() == f"robot:{PASSWORD}"

    def _dispatch(self, table: str, number: int | None, part: str | None) -> tuple[int, Any] | None:
        method = request.method
        if table == "tokens":
            return (201, {"id": 1, "token": TOKEN}) if method == "POST" else (204, None) if method == "DELETE" else None
        if table == "unified_job_templates" and method == "GET" and number is None:
            kinds = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")
            return 200, self._page([self.shown(kind, one) for kind in kinds for one in self.tables[kind]])
        if table not in TABLES or (number is not None and number not in self.tables[table]):
            return None
        if number is None:
            if method == "GET":
                return 200, self._page([self.shown(table, one) for one in self.tables[table]])
            return (201, self._created(table)) if method == "POST" and TABLES[table].made else None
        if part is None:
            if method == "GET":
                return 200, self.shown(table, number)
            if method == "PATCH" and TABLES[table].made:
                self._set(table, number, self._checked(table, _body(), number))
                return 200, self.shown(table, number)
            return None
        return self._part(table, number, part)

    def _part(self, table: str, number: int, part: str) -> tuple[int, Any] | None:
        record, method = self.tables[table][number], request.method
        if part == "survey_spec" and "survey_spec" in record:
            if method == "GET":
                return 200, record["survey_spec"]
            if method == "POST":
                record["survey_spec"] = _survey(_body())
                return 200, {}
            return None
        if part == "create_approval_template" and table == "workflow_job_template_nodes" and method == "POST":
            given = {name: value for name, value in _body().items() if name in ("name", "description", "timeout")}
            record["unified_job_template"] = self.add("workflow_approval_templates", **given)
            return 201, self.shown("workflow_approval_templates", record["unified_job_template"])
        if part == "workflow_nodes" and table == "workflow_jobs" and method == "GET":
            nodes = self.tables["workflow_job_nodes"]
            return 200, self._page(
                [self.shown("workflow_job_nodes", one) for one in nodes if nodes[one]["workflow_job"] == number]
            )
        target = ASSOCIATIONS.get(table, {}).get(part)
        if target is None:
            return None
        linked = self.links.setdefault((table, number, part), [])
        if method == "GET":
            return 200, self._page([self.shown(target, one) for one in linked])
        other = _body().get("id")
        if method != "POST" or other not in self.tables[target]:
            raise Refused(detail=f"Invalid pk {other}")
        if _body().get("disassociate"):
            linked.remove(other)
        elif other not in linked:
            linked.append(other)
        return 204, None

    def _page(self, records: list[Record]) -> Record:
        page, size = int(request.args.get("page", 1)), min(int(request.args.get("page_size", 25)), self.page_size)
        matching = [record for record in records if self._matches(record)]
        rest = len(matching) > page * size
        following = f"{request.path}?page={page + 1}&page_size={size}" if rest else None
        return {
            "count": len(matching),
            "next": following,
            "previous": None,
            "results": matching[(page - 1) * size : page * size],
        }

    def _matches(self, record: Record) -> bool:
        either, every = [], []
        for name, value in request.args.items():
            if name in ("page", "page_size", "order_by"):
                continue
            field = name.removeprefix("or__")
            if field not in record:
                self.unknown.append(f"filter {name} of {request.path}")
                raise Refused(detail=f"{type(record).__name__} has no field named '{field}'")
            (either if field != name else every).append(str(record[field]) == value)
        return all(every) and (not either or any(either))

    def _created(self, table: str) -> Record:
        given = self._checked(table, _body(), None)
        if missing := [name for name in TABLES[table].required if given.get(name) in (None, "")]:
            raise Refused(**{name: ["This field is required."] for name in missing})
        number = self.add(table)
        self._set(table, number, given)
        if table == "projects":
            self.tables[table][number]["current_update"] = self.add("project_updates", status="successful")
        return self.shown(table, number)

    def _set(self, table: str, number: int, given: Record) -> None:
        self.tables[table][number].update(given, modified=_now())

    def _checked(self, table: str, given: Record, number: int | None) -> Record:
        """What may be written of ``given``. Raises :class:`Refused`."""
        known = TABLES[table]
        # Fields that can't be written are passed over, as AWX does; one that it does not have at all is a mistake of ours.
        if foreign := set(given) - set(known.defaults) - {"type", "id", "url"}:
            self.unknown.append(f"fields {sorted(foreign)} of {table}")
        given = {name: value for name, value in given.items() if name in known.defaults and name not in known.read_only}
        for name, value in given.items():
            target = KEYS.get(name)
            if target and value is not None and not any(value in self.tables[one] for one in target):
                raise Refused(**{name: [f'Invalid pk "{value}" - object does not exist.']})
        name = given.get("name")
        organization = given.get("organization")
        for other, record in self.tables[table].items():
            same = name is not None and record.get("name") == name and record.get("organization") == organization
            if same and other != number:
                raise Refused(__all__=[f"{known.type} with this Name already exists."])
        if table == "credential_types":
            _check_credential_type(given)
        if table == "job_templates" and given.get("playbook", PLAYBOOKS[0]) not in PLAYBOOKS:
            raise Refused(playbook=["Playbook not found for project."])
        return given

    def shown(self, table: str, number: int) -> Record:
        """A record as the API gives it."""
        record = dict(self.tables[table][number])
        url = f"/api/v2/{table}/{number}/"
        related = {part: f"{url}{part}/" for part in ASSOCIATIONS.get(table, {})}
        summary: Record = {}
        if "survey_spec" in record:
            del record["survey_spec"]
            related["survey_spec"] = f"{url}survey_spec/"
        for field in ("created_by", "modified_by", "approved_or_denied_by"):
            user = record.pop(field, None)
            if user is not None:
                summary[field] = {"id": user, "username": self.users[user], "first_name": "", "last_name": ""}
                related[field] = f"/api/v2/users/{user}/"
        if (workflow_job := record.pop("source_workflow_job", None)) is not None:
            summary["source_workflow_job"] = {"id": workflow_job, "name": "workflow", "status": "running"}
            related["source_workflow_job"] = f"/api/v2/workflow_jobs/{workflow_job}/"
        if (update := record.pop("current_update", None)) is not None:
            summary["current_update"] = {"id": update, "status": "successful"}
        if (below := record.get("unified_job_template")) is not None:
            home = next(name for name in KEYS["unified_job_template"] if below in self.tables[name])
            related["unified_job_template"] = f"/api/v2/{home}/{below}/"
        if (job := record.get("job")) is not None:
            home = "workflow_approvals" if job in self.tables["workflow_approvals"] else "jobs"
            about = self.tables[home][job]
            summary["job"] = {
                "id": job,
                "name": about["name"],
                "status": about["status"],
                "type": TABLES[home].type,
            }
        for part in ("success_nodes", "failure_nodes", "always_nodes"):
            if part in ASSOCIATIONS.get(table, {}):
                record[part] = self.links.get((table, number, part), [])
        if table == "notification_templates":
            record["notification_configuration"] = _hidden(record["notification_configuration"])
        return {
            "id": number,
            "type": TABLES[table].type,
            "url": url,
            "related": related,
            "summary_fields": summary,
        } | record


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _body() -> Record:
    body = request.get_json(force=True)
    if not isinstance(body, dict):
        raise Refused(detail="JSON parse error")
    return body


def _hidden(configuration: Record) -> Record:
    return {
        name: "$encrypted$" if name in ("token", "password") and value else value
        for name, value in configuration.items()
    }


def _check_credential_type(given: Record) -> None:
    """As CredentialTypeInputField and CredentialTypeInjectorField check."""
    if given.get("kind", "cloud") not in ("cloud", "net"):
        raise Refused(kind=[f"Must be 'cloud' or 'net', not {given['kind']}"])
    inputs, injectors = given.get("inputs", {}), given.get("injectors", {})
    if set(inputs) - {"fields", "required"} or set(injectors) - {"env", "file", "extra_vars"}:
        raise Refused(inputs=["Additional properties are not allowed"])
    known = "type format choices id label help_text multiline secret default".split()
    for field in inputs.get("fields", []):
        if set(field) - set(known) or not {"id", "label"} <= set(field):
            raise Refused(inputs=[f"{field} is not a field"])
        field.setdefault("type", "string")
    names = {field["id"]: "EXAMPLE" for field in inputs.get("fields", [])}
    if not set(inputs.get("required", [])) <= set(names):
        raise Refused(inputs=["required names no field"])
    if "template" in injectors.get("file", {}):
        names["tower"] = {"filename": "EXAMPLE_FILENAME"}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for variable, template in injectors.get("env", {}).items():
        if variable.startswith("ANSIBLE_") or not re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", variable):
            raise Refused(injectors=[f"Environment variable {variable} is not allowed to be used in credentials."])
        try:
            environment.from_string(template).render(names)
        except TemplateError as error:
            raise Refused(injectors=[f"{variable} uses an undefined field ({error})"]) from None


def _survey(spec: Record) -> Record:
    """As JobTemplateSurveySpec checks."""
    for field, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(spec.get(field), kind):
            raise Refused(error=f"Field '{field}' is missing from survey spec.")
    if not spec["spec"]:
        raise Refused(error="'spec' doesn't contain any items.")
    variables = set()
    for place, question in enumerate(spec["spec"]):
        for field in ("type", "question_name", "variable", "required"):
            if not isinstance(question.get(field), bool if field == "required" else str):
                raise Refused(error=f"'{field}' missing from survey question {place}")
        kind = question["type"]
        if kind not in _SURVEY_TYPES or question["variable"] in variables:
            raise Refused(error=f"survey question {place} has a wrong type or variable")
        variables.add(question["variable"])
        default = question.get("default", "")
        if default != "" and not isinstance(default, _SURVEY_TYPES[kind]):
            raise Refused(error=f"Default value {default} in survey question {place} expected to be {kind}.")
        for limit in ("min", "max"):
            if not isinstance(question.get(limit), (int, type(None))):
                raise Refused(error=f"The {limit} limit in survey question {place} expected to be integer.")
        if kind in ("multiplechoice", "multiselect"):
            choices = question.get("choices")
            if kind == "multiplechoice" and len(str(default).splitlines()) > 1:
                raise Refused(error="Multiple Choice (Single Select) can only have one default value.")
            if not choices or any(part not in choices for part in str(default).splitlines()):
                raise Refused(error=f"Survey question {place} must specify choices, and its default be of them.")
    return spec


def running() -> Iterator[Standin]:
    """For a fixture: a stand-in that has been asked for nothing that it does not know."""
    with Standin() as standin:
        yield standin
    assert standin.unknown == []
