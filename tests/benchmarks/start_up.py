# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the time of a task goes before its module begins: what its process imports, from a zip as Ansible sends it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median

_PACKAGE = "ansible_collections.alicloud.security_center"
_MODULE = f"{_PACKAGE}.plugins.modules.handle_security_events"
_PROGRAM = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
took = []
for name in sys.argv[2:]:
    start = time.process_time()
    __import__(name)
    took.append(1000 * (time.process_time() - start))
own = [module for name, module in sys.modules.items() if name.startswith("ansible_collections.") and module.__file__]
lines = sum(module.__loader__.get_source(module.__name__).count("\\n") for module in own)
print(json.dumps([*took, lines]))
"""


def start_up(rounds: int) -> dict[str, float]:
    """Milliseconds of the processor for each import, the median of ``rounds`` processes, and the lines that are compiled."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder, "modules.zip")
        _bundle(bundle)
        imports = ("ansible.module_utils.basic", "requests", _MODULE)
        command = (sys.executable, "-B", "-c", _PROGRAM, str(bundle), *imports)
        told = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _round in range(rounds)]
    names = ("ansible.module_utils.basic", "requests", "this collection", "lines of it")
    return {name: median(column) for name, column in zip(names, zip(*told, strict=True), strict=True)}


def _bundle(path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    inside = Path(*_PACKAGE.split("."))
    sources = {inside / source.relative_to(root): source for source in (root / "plugins").rglob("*.py")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, source in sources.items():
            bundle.write(source, name)
        packages = {parent for name in sources for parent in name.parents if parent != Path(".")}
        for package in packages:
            if package / "__init__.py" not in sources:
                bundle.writestr(str(package / "__init__.py"), "")
