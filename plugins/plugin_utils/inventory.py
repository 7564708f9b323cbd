# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventories of this collection share: options in, records read or taken from the cache, hosts out."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._module import safe
from ..module_utils._openapi.errors import MissingLibrary, SecurityCenterError
from ..module_utils._openapi.secrets import Hidden
from ..module_utils._openapi.text import clean, printable
from ..module_utils._openapi.transport import REQUESTS_IMPORT_ERROR
from ..module_utils._security_center.safe_names import group_name, group_start
from ..module_utils._security_center.sessions import Plane, open_planes

try:
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = None

Host = tuple[str, Mapping[str, Any], Iterable[str]]


class SecurityCenterInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """An inventory out of what the service tells: ``read`` asks it, ``hosts`` makes hosts of the answer.

    The answer is JSON, and it is what the cache keeps, together with the options named in ``READ_BY`` and a mark of who asked:
    an answer that was read with others, or by another, is read anew.
    """

    FILE: str  # how the name of an inventory file ends, without its extension
    READ_BY: tuple[str, ...] = ("data_planes", "endpoint", "region_id")

    def read(self, options: Mapping[str, Any], hidden: Hidden) -> Any:
        """What the service tells, in texts that are made ``clean``. Raises SecurityCenterError."""
        raise NotImplementedError

    def fits(self, kept: Any) -> bool:
        """Whether this, out of the cache, is such an answer."""
        raise NotImplementedError

    def hosts(self, answer: Any, options: Mapping[str, Any]) -> Iterable[Host]:
        """Name, variables and groups of each host, the names made safe. Raises SecurityCenterError."""
        raise NotImplementedError

    def planes(self, options: Mapping[str, Any], hidden: Hidden) -> list[Plane]:
        """The data planes to ask, each with its client. Raises SecurityCenterError."""
        planes = open_planes(options, os.environ, hidden)
        self.display.vv(f"{self.NAME} logs in by {planes[0].client.method}")
        return planes

    def warn(self, sentence: str) -> None:
        """Tell the person who runs Ansible."""
        self.display.warning(clean(sentence))

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((f"{self.FILE}.yml", f"{self.FILE}.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        given = self._read_config_data(path)
        if REQUESTS_IMPORT_ERROR is not None:
            raise AnsibleParserError(missing_required_lib("requests"))
        try:
            self._refuse_unknown(given)
            refuse_templates(given)
            options = self.get_options()
            hosts = list(self.hosts(self._answer(options, path, cache), options))
        except MissingLibrary as error:
            raise AnsibleParserError(missing_required_lib(error.library, reason=error.why)) from error
        except SecurityCenterError as error:
            raise AnsibleParserError(clean(str(error))) from error
        for name, variables, groups in hosts:
            self._add(name, variables, groups)
        # Afterwards, so that no group takes the name of a host that comes later.
        if options["compose"] or options["groups"] or options["keyed_groups"]:
            for name, _variables, _groups in hosts:
                self._construct(name, options)

    def _refuse_unknown(self, given: Mapping[str, Any]) -> None:
        described = self.option_definitions
        known = {"plugin", *described, *(alias for one in described.values() for alias in one.get("aliases", ()))}
        for name in map(str, given):
            if name not in known:
                near = difflib.get_close_matches(name, sorted(known), 1)
                hint = f"did you mean {near[0]}?" if near else "see ansible-doc -t inventory " + self.NAME
                raise AnsibleParserError(f"{printable(name)} is no option of {self.NAME}: {hint}")

    def _answer(self, options: Mapping[str, Any], path: str, cache: bool) -> Any:
        if not options["cache"]:
            return self.read(options, Hidden())
        key = self.get_cache_key(path)
        asked = safe({name: options.get(name) for name in self.READ_BY})
        asked["caller"] = caller_mark(options, os.environ)
        kept = self._kept(key) if cache else None
        if isinstance(kept, dict) and kept.get("asked") == asked and self.fits(kept.get("answer")):
            return kept["answer"]
        answer = self.read(options, Hidden())
        self._cache[key] = {"asked": asked, "answer": answer}
        return answer

    def _kept(self, key: str) -> Any:
        try:
            # As JSON has it: newer versions of Ansible let a file tell that its texts are templates that are trusted.
            return json.loads(json.dumps(self._cache.get(key)))
        except Exception as error:  # newer versions of Ansible raise whatever Python does for a file that is damaged
            self.warn(f"the inventory's cache can't be used, so the service is asked: {printable(error)}")
            return None

    def _add(self, name: str, variables: Mapping[str, Any], groups: Iterable[str]) -> None:
        self.inventory.add_host(name)
        for group in groups:
            if group not in self.inventory.groups:
                self.inventory.add_group(group)
            self.inventory.add_child(group, name)
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, untrusted(value))

    def _construct(self, name: str, options: Mapping[str, Any]) -> None:
        variables, strict = self.inventory.get_host(name).get_vars(), options["strict"]
        self._set_composite_vars(options["compose"], variables, name, strict=strict)
        self._add_host_to_composed_groups(options["groups"], variables, name, strict=strict)
        self._add_host_to_keyed_groups(options["keyed_groups"], variables, name, strict=strict)

    def names_to_come(self, options: Mapping[str, Any]) -> Callable[[str], bool]:
        """Whether a name may be that of a group that ``groups`` or ``keyed_groups`` make, which no host is to take from it.

        A key without a prefix can make any name: such a group gives way to a host, see ``_sanitize_group_name``.
        """
        whole = {group_name(name).casefold() for name in options["groups"] or ()}
        starts = set()
        for keyed in options["keyed_groups"] or ():
            if isinstance(keyed, dict):
                whole |= {group_name(keyed["parent_group"]).casefold()} if keyed.get("parent_group") else set()
                start = group_start(f"{keyed.get('prefix', '')}{keyed.get('separator', '_')}").casefold()
                starts |= {start} if keyed.get("prefix") else set()
        return lambda name: name.casefold() in whole or name.casefold().startswith(tuple(starts))

    def _compose(self, *template: Any, **how: Any) -> Any:
        # What is composed of an attacker's texts is one.
        return untrusted(super()._compose(*template, **how))

    def _sanitize_group_name(self, name: str) -> str:  # Constructable's hook for each name that it makes
        group = group_name(name)
        return f"{group}_group" if group in self.inventory.hosts else group


def refuse_templates(given: Mapping[str, Any]) -> None:
    """Raise AnsibleParserError for an option that looks like a template: Ansible would take it as it stands, braces and all."""
    for name, value in given.items():
        if isinstance(value, str) and "{{" in value:
            raise AnsibleParserError(
                f"{name} is a template, which an option of an inventory file can't be: give the value itself, credentials by the "
                "environment, by a profile or encrypted with ansible-vault encrypt_string"
            )


_LOGIN = ("access_key_id", "profile", "ecs_role_name", "role_arn", "external_id", "role_policy")
_SECRET = ("_SECRET", "_SECRET_KEY", "_SECRET_ACCESS_KEY", "_TOKEN")


def caller_mark(options: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """A text that is another one for each way to log in: what one account was told is not kept for another.

    It is a digest, since names of roles and keys are not for whoever can read the cache.
    """
    named = [str(options.get(name) or "") for name in _LOGIN]
    variables = {
        name: value
        for name, value in environ.items()
        if name.startswith(("ALIBABA_CLOUD_", "ALICLOUD_")) and not name.endswith(_SECRET)
    }
    home = environ.get("HOME") or os.path.expanduser("~")
    files = [
        os.path.join(home, ".aliyun", "config.json"),
        os.path.join(home, ".alibabacloud", "credentials.ini"),
        environ.get("ALIBABA_CLOUD_CREDENTIALS_FILE") or os.devnull,
    ]
    told = json.dumps([named, sorted(variables.items()), *map(_digest_of, files)])
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def _digest_of(path: str) -> str | None:
    """Of what the file holds; None when it can't be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None


def untrusted(value: Any) -> Any:
    """``value``, of which Ansible evaluates nothing. From ansible-core 2.19 on only what is trusted is a template."""
    return value if trust_as_template else wrap_var(value)
