# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory that does nothing but add hosts: what Ansible itself takes for as many."""

from __future__ import annotations

import json

from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = """
name: carried
short_description: Hosts out of a file
description: Adds the hosts, groups and variables of a static inventory in JSON, read by Python's own parser.
author: alicloud.security_center contributors
"""


class InventoryModule(BaseInventoryPlugin):
    """Adds what a file tells."""

    NAME = "carried"

    def verify_file(self, path):
        return path.endswith(".json")

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        with open(path, encoding="utf-8") as file:
            told = json.load(file)["all"]
        for host, variables in told["hosts"].items():
            self.inventory.add_host(host)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
        for group, of_it in told["children"].items():
            self.inventory.add_group(group)
            for host in of_it["hosts"]:
                self.inventory.add_child(group, host)
