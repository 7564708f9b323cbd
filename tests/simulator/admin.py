# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administration of the simulator over HTTP, for a person or another process. Unsigned, as it is on 127.0.0.1 only.

GET, PUT  /_simulator/state     the state as JSON (``?format=yaml``: as YAML); a new state, JSON or YAML
POST      /_simulator/reset     begin again: with the state in the body, else with the seed
POST      /_simulator/alerts    one alert or a list: added, or merged into those with the same id
POST      /_simulator/faults    one fault or a list, as in ``{"action": …, "how": …, "nth": 1, "times": 1, …}``
GET, DELETE /_simulator/calls   the record of calls (``?action=…``: of one action); forget it
GET       /_simulator/handled   how often each event was handled: {event id: times}
"""

from __future__ import annotations

import dataclasses
from typing import Any

import yaml
from flask import Blueprint, Response, jsonify, request

from .document import to_document
from .service import Service
from .state import dump_state, parse_state


def admin_blueprint(service: Service) -> Blueprint:
    """The routes over a service."""
    admin = Blueprint("admin", "simulator", url_prefix="/_simulator")

    @admin.errorhandler(ValueError)
    def refuse(problem: ValueError) -> tuple[Response, int]:
        return jsonify(error=str(problem)), 400

    @admin.get("/state")
    def get_state() -> Response:
        with service.lock:
            if request.args.get("format") == "yaml":
                return Response(dump_state(service.state), mimetype="application/yaml")
            return jsonify(to_document(service.state))

    @admin.put("/state")
    def put_state() -> Response:
        service.put_state(parse_state(request.get_data(as_text=True)))
        return jsonify(ok=True)

    @admin.post("/reset")
    def reset() -> Response:
        text = request.get_data(as_text=True)
        service.reset(parse_state(text) if text.strip() else None)
        return jsonify(ok=True)

    @admin.post("/alerts")
    def put_alerts() -> Response:
        for values in _records():
            service.put_alert(values)
        return jsonify(ok=True)

    @admin.post("/faults")
    def add_faults() -> Response:
        with service.lock:
            for fault in _records():
                try:
                    service.faults.add(**fault)
                except TypeError as problem:
                    raise ValueError(f"fault {fault}: {problem}") from problem
        return jsonify(ok=True)

    @admin.get("/calls")
    def get_calls() -> Response:
        wanted = request.args.get("action")
        with service.lock:
            return jsonify([dataclasses.asdict(call) for call in service.calls if wanted in (None, call.action)])

    @admin.delete("/calls")
    def forget_calls() -> Response:
        with service.lock:
            service.calls.clear()
        return jsonify(ok=True)

    @admin.get("/handled")
    def get_handled() -> Response:
        with service.lock:
            return jsonify(service.state.handled)

    return admin


def _records() -> list[dict[str, Any]]:
    """The mappings in the body, which is one or a list of them, JSON or YAML."""
    try:
        document = yaml.safe_load(request.get_data(as_text=True))
    except yaml.YAMLError as problem:
        raise ValueError(f"not YAML: {problem}") from problem
    records = document if isinstance(document, list) else [document]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("the body must be a mapping or a list of mappings")
    return records
