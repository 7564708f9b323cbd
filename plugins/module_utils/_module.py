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

from ._openapi.errors import ApiError, MissingLibrary, SecurityCenterError
from ._openapi.secrets import Hidden
from ._openapi.text import clean, every_text, printable
from ._openapi.transport import REQUESTS_IMPORT_ERROR
from ._security_center.guardrails import ASSET_KEYS, DEFAULT_MAX_EVENTS, DEFAULT_NEVER_BLOCK, DEFAULT_OPERATIONS
from ._security_center.operations import OPERATIONS
from ._security_center.parent import Parent
from ._security_center.report import Report
from ._security_center.runs import KEY_VARIABLE
from ._security_center.service import PLANES
from ._security_center.sessions import BOTH, Check, Plane, open_planes

# The first argument is a client, or the list of planes of a module that asks more than one.
Run = Callable[[Any, Mapping[str, Any], Report], "dict[str, Any]"]

CONNECTION_OPTIONS: dict[str, Any] = {
    "access_key_id": {"type": "str", "aliases": ["alicloud_access_key", "access_key"], "no_log": False},
    "access_key_secret": {
        "type": "str",
        "aliases": ["alicloud_secret_key", "secret_access_key", "secret_key"],
        "no_log": True,
    },
    "security_token": {"type": "str", "aliases": ["alicloud_security_token"], "no_log": True},
    "profile": {"type": "str"},
    "ecs_role_name": {"type": "str"},
    "role_arn": {"type": "str", "aliases": ["assume_role_arn"]},
    "role_session_name": {"type": "str", "aliases": ["assume_role_session_name"]},
    "external_id": {"type": "str"},
    "role_policy": {"type": "str"},
    "role_session_expiration": {"type": "int"},
    "sts_endpoint": {"type": "str"},
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

# Beside resource_directory_account_id.
MEMBER_OPTIONS: dict[str, Any] = {"member_role_name": {"type": "str"}}

PLANE_OPTIONS: dict[str, Any] = {
    "data_planes": {"type": "str", "choices": [*PLANES, BOTH]},
    "data_plane_endpoints": {"type": "dict", "options": {name: {"type": "str"} for name in PLANES}},
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
    run: Run,
    options: Mapping[str, Any],
    *,
    writes: bool = False,
    planes: bool = False,
    large: tuple[str, ...] = (),
    kind: Callable[..., AnsibleModule] = AnsibleModule,
    parent: Callable[[], Check] = lambda: Parent().check,
    **rules: Any,
) -> None:
    """Run ``run`` as a module with ``options`` and the option tables of this file, and exit as Ansible wants it.

    ``writes`` adds the guard rails, ``planes`` those options with which ``run`` gets a list of planes in place of one client;
    ``large`` names options that are not repeated in the result's invocation; ``kind`` makes the AnsibleModule and ``parent``
    the check before each write; ``rules`` go to AnsibleModule (required_if and the like).
    """
    spec = {
        **CONNECTION_OPTIONS,
        **(GUARD_RAIL_OPTIONS if writes else {}),
        **(PLANE_OPTIONS if planes else {}),
        **options,
    }
    if "resource_directory_account_id" in options:
        spec.update(MEMBER_OPTIONS)
    module = kind(argument_spec=spec, supports_check_mode=True, **rules)
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
        opened = _open(module, parent() if writes else None)
        result = run(opened if planes else opened[0].client, module.params, report)
        if module._verbosity >= 2:  # AnsibleModule offers no other way to ask
            result["credential_method"] = opened[0].client.method
    except MissingLibrary as error:
        reason = missing_required_lib(error.library, reason=error.why)
        result = {"failed": True, "msg": reason, "exception": error.trace}
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


def _open(module: AnsibleModule, before_write: Check | None) -> list[Plane]:
    options = module.params
    # A secret that is given as a mapping has become text, and Ansible knows the parts of the mapping only.
    given = (options["access_key_secret"], options["security_token"], os.environ.get(KEY_VARIABLE))
    module.no_log_values.update(filter(None, given))
    # What comes from elsewhere is no option, so Ansible does not know yet that it is secret.
    return open_planes(options, os.environ, Hidden(learn=module.no_log_values.add), before_write)


def safe(value: Any) -> Any:
    """``value`` with what Ansible refuses replaced: newer versions drop a whole result for one lone surrogate."""
    return every_text(clean, value)
