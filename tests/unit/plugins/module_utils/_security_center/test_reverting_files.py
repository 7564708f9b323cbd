# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.reverting_files import (
    candidates,
)

_PATH, _MD5 = "/tmp/.cache/xmrig", "9c1d7f0a2b4e6c8d0f1a3b5c7d9e0f21"
_OTHER = "3f2b5c8d9e1a4f60b7c8d9e0f1a2b3c4"


def _file(uuid: str | None = "web", path: str | None = _PATH, md5: str | None = _MD5) -> dict:
    return {"uuid": uuid, "path": path, "md5": md5}


def _alert(*values: str, uuid: str | None = "web") -> dict:
    return {"uuid": uuid, "details": [{"value": value, "value_display": value} for value in values]}


@pytest.mark.parametrize(
    ("alert", "file", "fits"),
    [
        (_alert(_PATH, _MD5), _file(), True),
        (_alert(_PATH, _MD5.upper()), _file(), True),
        (_alert(_PATH), _file(), True),
        (_alert(_MD5), _file(), True),
        (_alert(_PATH, _OTHER), _file(), False),
        (_alert("/tmp/elsewhere", _MD5), _file(), False),
        (_alert("C:\\x.exe", _MD5), _file(), False),
        (_alert("24117"), _file(), False),
        (_alert(), _file(), False),
        (_alert(_PATH, _MD5), _file(uuid="db"), False),
        (_alert(_PATH, _MD5, uuid=None), _file(uuid=None), False),
        (_alert(_PATH, _MD5), _file(path=None, md5=None), False),
        (_alert("None", uuid="web"), _file(path=None, md5=None), False),
    ],
)
def test_a_file_is_the_alert_s_by_server_hash_and_path(alert, file, fits):
    assert candidates(alert, [file]) == [file] * fits
