# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stand-in knows: the fields of AWX's records, and what can be linked to what."""

from __future__ import annotations

from typing import Any, NamedTuple


class Table(NamedTuple):
    """``made``: whether records can be made and changed over the API; ``defaults``: all fields, with what AWX sets."""

    type: str
    defaults: dict[str, Any]
    required: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    made: bool = True


_NAMED = {"name": "", "description": ""}
_PROMPTS = (
    "scm_branch diff_mode variables limit tags skip_tags job_type verbosity inventory credential execution_environment "
    "labels forks job_slice_count timeout instance_groups"
).split()
_JOB = {
    **_NAMED,
    "status": "pending",
    "launch_type": "manual",
    "launched_by": {},
    "created_by": None,
    "source_workflow_job": None,
    "finished": None,
}

TABLES: dict[str, Table] = {
    "organizations": Table("organization", _NAMED, ("name",)),
    "credential_types": Table(
        "credential_type",
        {**_NAMED, "kind": "cloud", "namespace": None, "managed": False, "inputs": {}, "injectors": {}},
        ("name", "kind"),
        ("namespace", "managed"),
    ),
    "credentials": Table(
        "credential", {**_NAMED, "organization": None, "credential_type": None, "inputs": {}}, made=False
    ),
    "execution_environments": Table(
        "execution_environment",
        {**_NAMED, "organization": None, "image": "", "managed": False, "credential": None, "pull": ""},
        ("name", "image"),
        ("managed",),
    ),
    "projects": Table(
        "project",
        {
            **_NAMED,
            "organization": None,
            "local_path": "",
            "scm_type": "",
            "scm_url": "",
            "scm_branch": "",
            "scm_refspec": "",
            "scm_clean": False,
            "scm_delete_on_update": False,
            "scm_track_submodules": False,
            "scm_update_on_launch": False,
            "scm_update_cache_timeout": 0,
            "scm_revision": "",
            "credential": None,
            "timeout": 0,
            "allow_override": False,
            "default_environment": None,
            "status": "successful",
        },
        ("name",),
        ("status", "scm_revision"),
    ),
    "project_updates": Table("project_update", _JOB, made=False),
    "inventories": Table(
        "inventory",
        {
            **_NAMED,
            "organization": None,
            "kind": "",
            "host_filter": None,
            "variables": "",
            "prevent_instance_group_fallback": False,
        },
        ("name", "organization"),
    ),
    "hosts": Table(
        "host",
        {**_NAMED, "inventory": None, "enabled": True, "variables": "", "instance_id": ""},
        ("name", "inventory"),
    ),
    "job_templates": Table(
        "job_template",
        {
            **_NAMED,
            "organization": None,
            "job_type": "run",
            "inventory": None,
            "project": None,
            "playbook": "",
            "scm_branch": "",
            "forks": 0,
            "limit": "",
            "verbosity": 0,
            "extra_vars": "",
            "job_tags": "",
            "force_handlers": False,
            "skip_tags": "",
            "start_at_task": "",
            "timeout": 0,
            "use_fact_cache": False,
            "host_config_key": "",
            "execution_environment": None,
            "survey_enabled": False,
            "become_enabled": False,
            "diff_mode": False,
            "allow_simultaneous": False,
            "job_slice_count": 1,
            "webhook_service": "",
            "webhook_credential": None,
            "prevent_instance_group_fallback": False,
            "survey_spec": {},
            **{f"ask_{prompt}_on_launch": False for prompt in _PROMPTS},
        },
        ("name", "project", "playbook", "inventory"),
        # Of a job template the organization is that of its project.
        ("survey_spec",),
    ),
    "workflow_job_templates": Table(
        "workflow_job_template",
        {
            **_NAMED,
            "organization": None,
            "extra_vars": "",
            "survey_enabled": False,
            "allow_simultaneous": False,
            "inventory": None,
            "limit": None,
            "scm_branch": None,
            "job_tags": None,
            "skip_tags": None,
            "webhook_service": "",
            "webhook_credential": None,
            "survey_spec": {},
            **{
                f"ask_{prompt}_on_launch": False
                for prompt in "variables inventory scm_branch limit labels tags skip_tags".split()
            },
        },
        ("name",),
        ("survey_spec",),
    ),
    "workflow_job_template_nodes": Table(
        "workflow_job_template_node",
        {
            "workflow_job_template": None,
            "unified_job_template": None,
            "identifier": "",
            "all_parents_must_converge": False,
            "extra_data": {},
            "inventory": None,
            "limit": None,
        },
        ("workflow_job_template",),
    ),
    "workflow_approval_templates": Table("workflow_approval_template", {**_NAMED, "organization": None, "timeout": 0}),
    "notification_templates": Table(
        "notification_template",
        {
            **_NAMED,
            "organization": None,
            "notification_type": "",
            "notification_configuration": {},
            "messages": {"error": None, "started": None, "success": None, "workflow_approval": None},
        },
        ("name", "organization", "notification_type"),
    ),
    "jobs": Table("job", _JOB, made=False),
    "workflow_jobs": Table("workflow_job", _JOB, made=False),
    "workflow_approvals": Table(
        "workflow_approval", {**_JOB, "approved_or_denied_by": None, "timed_out": False, "timeout": 0}, made=False
    ),
    "workflow_job_nodes": Table(
        "workflow_job_node",
        {
            "job": None,
            "workflow_job": None,
            "unified_job_template": None,
            "identifier": "",
            "success_nodes": [],
            "failure_nodes": [],
            "always_nodes": [],
        },
        made=False,
    ),
    "schedules": Table("schedule", {**_NAMED, "created_by": None, "modified_by": None}, made=False),
}

# A field that names another record, and the tables where that is.
KEYS: dict[str, tuple[str, ...]] = {
    "organization": ("organizations",),
    "inventory": ("inventories",),
    "project": ("projects",),
    "credential": ("credentials",),
    "execution_environment": ("execution_environments",),
    "default_environment": ("execution_environments",),
    "workflow_job_template": ("workflow_job_templates",),
    "unified_job_template": ("job_templates", "workflow_job_templates", "workflow_approval_templates"),
}

_NOTIFICATIONS = {
    f"notification_templates_{event}": "notification_templates" for event in ("started", "success", "error")
}
_NODES = {f"{kind}_nodes": "workflow_job_template_nodes" for kind in ("success", "failure", "always")}
ASSOCIATIONS: dict[str, dict[str, str]] = {
    "job_templates": {"credentials": "credentials", **_NOTIFICATIONS},
    "workflow_job_templates": {**_NOTIFICATIONS, "notification_templates_approvals": "notification_templates"},
    "workflow_job_template_nodes": {**_NODES, "credentials": "credentials"},
}
