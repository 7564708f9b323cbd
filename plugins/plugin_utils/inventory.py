# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventories of this collection share: options in, records read or taken from the cache, hosts out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._openapi.errors import MissingLibrary, SecurityCenterError
from ..module_utils._openapi.secrets import Hidden
from ..module_utils._openapi.text import printable
from ..module_utils._openapi.transport import REQUESTS_IMPORT_ERROR


class SecurityCenterInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """An inventory out of what the service tells: ``read`` asks it, ``hosts`` makes hosts of the answer.

    The answer is what the cache keeps: it is JSON.
    """

    FILE: str

    def read(self, options: Mapping[str, Any], hidden: Hidden) -> Any:
        """What the service tells. Raises SecurityCenterError."""
        raise NotImplementedError

    def fits(self, kept: object) -> bool:
        """Whether this, out of the cache, is such an answer."""
        raise NotImplementedError

    def hosts(self, answer: Any, options: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any], Iterable[str]]]:
        """Name, variables and groups of each host. Raises SecurityCenterError."""
        raise NotImplementedError

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((f"{self.FILE}.yml", f"{self.FILE}.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._refuse_unknown(self._read_config_data(path))
        options = self.get_options()
        if REQUESTS_IMPORT_ERROR is not None:
            raise AnsibleParserError(missing_required_lib("requests"))
        try:
            for name, variables, groups in self.hosts(self._answer(options, path, cache), options):
                self._add(name, variables, groups, options)
        except MissingLibrary as error:
            raise AnsibleParserError(missing_required_lib(error.library, reason=error.why)) from error
        except SecurityCenterError as error:
            raise AnsibleParserError(str(error)) from error

    def _refuse_unknown(self, given: Mapping[str, Any]) -> None:
        known = {"plugin", *self._options}
        for name in map(str, given):
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                raise AnsibleParserError(
                    f"there is no option {printable(name)}" + (f": {near[0]} is one" if near else "")
                )

    def _answer(self, options: Mapping[str, Any], path: str, cache: bool) -> Any:
        use, key = cache and options["cache"], self.get_cache_key(path)
        if use and self.fits(kept := self._cache.get(key)):
            return kept
        answer = self.read(options, Hidden())
        if options["cache"]:
            self._cache[key] = answer
        return answer

    def _add(self, name: str, variables: Mapping[str, Any], groups: Iterable[str], options: Mapping[str, Any]) -> None:
        for group in groups:
            self.inventory.add_group(group)
            self.inventory.add_host(name, group=group)
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, value)
        strict = options["strict"]
        self._set_composite_vars(options["compose"], variables, name, strict=strict)
        self._add_host_to_composed_groups(options["groups"], variables, name, strict=strict)
        self._add_host_to_keyed_groups(options["keyed_groups"], variables, name, strict=strict)
