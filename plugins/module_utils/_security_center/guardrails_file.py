# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard rails files: YAML, read by the module itself, so that nothing in them is ever a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .guardrails import VARIABLE


def read_files(option: str | None, environ: Mapping[str, str]) -> list[tuple[str, Any]]:
    """The name and the content of each file that holds: that of the option and that of the environment variable.

    Raises :class:`OptionError` for a file that can't be read: a guard rail that is not known is never taken as absent.
    """
    if option is not None and not option.strip():
        raise OptionError("guardrails_file is empty: name the guard rails file, or remove the option")
    if VARIABLE in environ and not environ[VARIABLE].strip():
        raise OptionError(
            f"the environment variable {VARIABLE} is set but empty: name the guard rails file, or unset it"
        )
    paths = dict.fromkeys(path for path in (option, environ.get(VARIABLE)) if path)
    return [(printable(path, longest=1000), _read(path)) for path in paths]


def _read(path: str) -> Any:
    name = f"guardrails_file {printable(path, longest=1000)}"
    try:
        import yaml
    except ImportError as error:
        raise OptionError(f"{name} needs PyYAML in the Python that runs the module: install it there") from error

    class Loader(yaml.SafeLoader):
        """Refuses a key that is given twice, where YAML would quietly take the last one."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=deep) for key, _value in node.value]
            twice = [key for place, key in enumerate(keys) if key in keys[:place]]
            if twice:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {twice[0]} is given twice", node.start_mark
                )
            return super().construct_mapping(node, deep)

    try:
        with open(path, encoding="utf-8") as stream:
            return yaml.load(stream, Loader)  # a SafeLoader
    except OSError as error:
        raise OptionError(f"{name} can't be read ({error.strerror}): nothing is done without it") from error
    except Exception as error:  # PyYAML lets a scalar that is not of its type end in whatever Python raises
        raise OptionError(
            f"{name} is not valid YAML, nothing is done without it: {printable(' '.join(str(error).split()))}"
        ) from error
