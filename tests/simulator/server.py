# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP face: the API itself at ``/``, the unsigned administration at ``/_simulator/``."""

from __future__ import annotations

from flask import Flask, Response, request

from .admin import admin_blueprint
from .service import Service
from .signature import ReceivedRequest
from .state import CHINA
from .transport import WIRE_ANSWERS

_METHODS = ["GET", "POST", "PUT", "DELETE"]


def create_app(service: Service, plane: str = CHINA) -> Flask:
    """The application over a service, as one of its planes."""
    app = Flask("simulator", static_folder=None)
    app.register_blueprint(admin_blueprint(service))

    @app.route("/", methods=_METHODS)
    def api_call() -> Response:
        received = ReceivedRequest(
            method=request.method,
            path=request.environ["RAW_URI"].partition("?")[0],
            query=request.environ["QUERY_STRING"],
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.get_data(),
        )
        # What goes over the wire may be no proper HTTP answer: the handler sends it, not Flask.
        request.environ[WIRE_ANSWERS].append(service.answer(received, plane))
        return Response()

    return app
