# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Ansible side of every module: option tables, the run, the one exit where results are made safe."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ._openapi.client import OpenApiClient
from ._openapi.credentials import resolve
from ._openapi.errors import ApiError, OptionError, SecurityCenterError
from ._openapi.text import clean, every_text, printable
from ._openapi.transport import REQUESTS_IMPORT_ERROR, Connection
from ._security_center.guardrails import ASSET_KEYS, DEFAULT_MAX_EVENTS, DEFAULT_NEVER_BLOCK, DEFAULT_OPERATIONS
from ._security_center.operations import OPERATIONS
from ._security_center.parent import Parent
from ._security_center.report import Report
from ._security_center.runs import KEY_VARIABLE
from ._security_center.service import PRODUCT, endpoint_of

Run = Callable[[OpenApiClient, Mapping[str, Any], Report], "dict[str, Any]"]

CONNECTION_OPTIONS: dict[str, Any] = {
    "access_key_id": {"type": "str", "aliases": ["alicloud_access_key", "access_key"], "no_log": False},
    "access_key_secret": {
        "type": "str",
        "aliases": ["alicloud_secret_key", "secret_access_key", "secret_key"],
        "no_log": True,
    },
    "security_token": {"type": "str", "aliases": ["alicloud_security_token"], "no_log": True},
    "region_id": {
        "type": "str",
        "aliases": ["alicloud_region", "region"],
        "fallback": (
            env_fallback,
            ["ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION", "ALICLOUD_REGION_ID"],
        ),
    },
    "endpoint": {"type": "str"},
    "timeout": {"type": "float", "default": 30},
    "max_retries": {"type": "int", "default": 5},
    "requests_per_second": {"type": "float", "default": 8},
    "max_concurrency": {"type": "int", "default": 5},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}

GUARD_RAIL_OPTIONS: dict[str, Any] = {
    "protected_assets": {
        "type": "list",
        "elements": "dict",
        # Not str: Ansible would turn a list into text, and the rule would quietly protect nothing.
        "options": {key: {"type": "raw"} for key in ASSET_KEYS},
    },
    "never_block": {"type": "list", "elements": "str", "default": list(DEFAULT_NEVER_BLOCK)},
    "allowed_operations": {
        "type": "list",
        "elements": "str",
        "choices": list(OPERATIONS),
        "default": list(DEFAULT_OPERATIONS),
    },
    "max_events": {"type": "int", "default": DEFAULT_MAX_EVENTS},
    "max_events_per_asset": {"type": "int"},
    "max_share": {"type": "float"},
    "time_window": {"type": "list", "elements": "str"},
    "guardrails_file": {"type": "path"},
}


def run_module(
    run: Run, options: Mapping[str, Any], *, writes: bool = False, large: tuple[str, ...] = (), **rules: Any
) -> None:
    """Run ``run`` as a module with ``options`` and the option tables of this file, and exit as Ansible wants it.

    ``writes`` adds the guard rails; ``large`` names options that are not repeated in the result's invocation; ``rules`` go
    to AnsibleModule (required_if and the like).
    """
    spec = {**CONNECTION_OPTIONS, **(GUARD_RAIL_OPTIONS if writes else {}), **options}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True, **rules)
    if REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    report = Report(
        check_mode=module.check_mode,
        diff=module._diff,  # AnsibleModule offers no other way to ask
        environ=os.environ,
        # Newer versions of Ansible hide secrets in results, but not in warnings.
        warn=lambda text: module.warn(remove_values(clean(text), module.no_log_values)),
    )
    try:
        result = run(_client(module, Parent().check if writes else None), module.params, report)
    except ApiError as error:
        result = {"failed": True, "msg": str(error), "error": error.as_dict()}
    except SecurityCenterError as error:
        result = {"failed": True, "msg": str(error)}
    except Exception as error:  # Ansible hides secrets in what leaves by its own exit, not in a traceback of Python's
        sentence = (
            f"{type(error).__name__}: {printable(error)} - report this as a fault of the collection, with the exception"
        )
        result = {"failed": True, "msg": sentence, "exception": traceback.format_exc()}
    module.params.update((name, "not repeated here") for name in large if module.params[name])
    leave = module.fail_json if result.pop("failed", False) else module.exit_json
    leave(**safe(result))


def _client(module: AnsibleModule, before_write: Callable[[], None] | None) -> OpenApiClient:
    options = module.params
    # A secret that is given as a mapping has become text, and Ansible knows the parts of the mapping only.
    given = (options["access_key_secret"], options["security_token"], os.environ.get(KEY_VARIABLE))
    module.no_log_values.update(filter(None, given))
    credentials = resolve(options, os.environ)
    # What came from the environment is no option, so Ansible does not know yet that it is secret.
    module.no_log_values.update(filter(None, (credentials.access_key_secret, credentials.security_token)))
    for name, least in (("timeout", 0.1), ("max_retries", 0), ("requests_per_second", 0.01), ("max_concurrency", 1)):
        if not least <= options[name] <= 3600:
            raise OptionError(f"{name} {options[name]} is out of range: give {least} to 3600")
    if options["ca_path"] and not os.path.exists(options["ca_path"]):
        raise OptionError(
            f"ca_path {printable(options['ca_path'])} does not exist: give a file or directory of CA certificates"
        )
    connection = Connection(
        endpoint=endpoint_of(options),
        timeout=options["timeout"],
        max_retries=options["max_retries"],
        requests_per_second=options["requests_per_second"],
        max_concurrency=options["max_concurrency"],
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
    )
    return OpenApiClient(PRODUCT, credentials, connection, before_write)


def safe(value: Any) -> Any:
    """``value`` with what Ansible refuses replaced: newer versions drop a whole result for one lone surrogate."""
    return every_text(clean, value)
