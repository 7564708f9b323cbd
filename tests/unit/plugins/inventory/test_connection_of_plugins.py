# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import yaml

from ansible_collections.alicloud.security_center.plugins.doc_fragments import connection_plugin
from ansible_collections.alicloud.security_center.plugins.module_utils._module import CONNECTION_OPTIONS


def test_plugins_are_connected_by_the_options_of_the_modules():
    documented = yaml.safe_load(connection_plugin.ModuleDocFragment.DOCUMENTATION)["options"]
    of_plugins = {
        name: (about["type"], about.get("default"), about.get("aliases"), [one["name"] for one in about.get("env", [])])
        for name, about in documented.items()
    }
    of_modules = {
        name: (about["type"], about.get("default"), about.get("aliases"), about.get("fallback", (None, []))[1])
        for name, about in CONNECTION_OPTIONS.items()
    }
    assert of_plugins == of_modules
