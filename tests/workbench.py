# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the demo, the tests and the checks run: one tree, one home, one environment.

Ansible finds a collection only in a folder ``ansible_collections/<namespace>/<name>``, so everything runs in a copy
of the checkout under ``.build``. It runs in an environment of its own, too: no setting and no key of the person who
starts it gets in.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BUILD = ROOT / ".build"
HOME = BUILD / "home"
TREE = BUILD / "ansible_collections" / "alicloud" / "security_center"

SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# What a person's environment may tell a run: how to reach the network, where to write, how to show text.
KEPT = re.compile(r"CI|TERM|TZ|TMPDIR|USER|LOGNAME|NO_COLOR|FORCE_COLOR|(HTTPS?|NO)_PROXY|SSL_CERT_.*|PIP_.*", re.I)
# What ansible-test and pytest leave in the tree for their next run.
LEFT_IN_TREE = ("tests/output", "tests/integration/integration_config.yml", "tests/integration/inventory")
# Every Python that the modules may meet on a managed host.
MODULE_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
# Every ansible-core from meta/runtime.yml's on but that of .venv, with a Python that it runs on.
CORES = {"2.16.19": "3.11", "2.17.14": "3.11", "2.18.19": "3.11", "2.21.5": "3.12"}


def environment(person: Mapping[str, str]) -> dict[str, str]:
    """The environment that everything runs in, made from the ``person``'s own: a short list of it and our settings."""
    kept = {name: value for name, value in person.items() if KEPT.fullmatch(name)}
    if not sys.stdout.isatty():
        kept["NO_COLOR"] = "1"
    return kept | {
        "HOME": str(HOME),
        "PATH": os.pathsep.join((str(VENV / "bin"), *SYSTEM_PATH)),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(TREE / "tests"),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "ANSIBLE_NOCOWS": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "COLUMNS": "80",
        # Tools that ask git for the files would ask the checkout's, which ignores .build: they find nothing, and pass.
        "GIT_CEILING_DIRECTORIES": str(BUILD),
        "ANSIBLE_TEST_CONTENT_ROOT": str(TREE),
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "COVERAGE_FILE": str(BUILD / "coverage"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis"),
        "MYPY_CACHE_DIR": str(BUILD / "mypy"),
        "RUFF_CACHE_DIR": str(BUILD / "ruff"),
    }


def prepare(person: Mapping[str, str]) -> None:
    """Make the home and bring the tree up to date with the checkout.

    pip's settings are the one thing that is taken over from the person's home: they say where packages come from.
    """
    pip_settings = Path(person.get("HOME", "/")) / ".config" / "pip"
    ours = HOME / ".config" / "pip"
    ours.parent.mkdir(parents=True, exist_ok=True)
    if pip_settings.is_dir() and not ours.exists():
        ours.symlink_to(pip_settings)
    with alone():
        copy_checkout()


@contextmanager
def alone() -> Iterator[None]:
    """Let no other session, of the two that ``make test`` runs at a time, do the same meanwhile."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copy_checkout() -> None:
    """Copy what git knows or would add into the tree; what is gone from the checkout goes from the tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split("\0")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in wanted:
        source, target = ROOT / name, TREE / name
        if not target.exists() or not _same(source, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for target in list(TREE.rglob("*")):
        name = target.relative_to(TREE).as_posix()
        stays = name in wanted or name.startswith(LEFT_IN_TREE) or "__pycache__" in name
        if not stays and not target.is_dir():
            target.unlink()


def _same(source: Path, target: Path) -> bool:
    here, there = source.stat(), target.stat()
    return (here.st_size, here.st_mtime_ns, here.st_mode) == (there.st_size, there.st_mtime_ns, there.st_mode)


def interpreter(version: str, person: Mapping[str, str]) -> str | None:
    """Where this machine has a Python of that ``version`` ("3.9"), or None.

    Each candidate is asked, because a version manager's shim may stand for an interpreter that is not there.
    """
    home = Path(person.get("HOME", "/"))
    folders = [Path(folder) for folder in (*person.get("PATH", "").split(os.pathsep), *SYSTEM_PATH) if folder]
    folders += sorted(home.glob(".pyenv/versions/*/bin")) + sorted(home.glob(".local/share/uv/python/*/bin"))
    candidates = (folder / f"python{version}" for folder in folders)
    answers = (_real_interpreter(candidate, version) for candidate in candidates if candidate.is_file())
    return next(filter(None, answers), None)


def _real_interpreter(candidate: Path, version: str) -> str | None:
    """Where an interpreter really is, or None when it isn't of that ``version`` or can't make virtual environments."""
    question = "import ensurepip, sys, venv; print(*sys.version_info[:2], sep='.'); print(sys.executable)"
    answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
    lines = answer.stdout.splitlines()
    return lines[1] if answer.returncode == 0 and lines[0] == version else None


def small_venv(name: str, interpreter: str, requirements: str) -> Path:
    """The folder of programs of a virtual environment with ``requirements`` (the text of such a file); made when absent."""
    venv = BUILD / "venvs" / name
    ready = venv / ".ready"
    if not ready.exists() or ready.read_text(encoding="utf-8") != requirements:
        subprocess.run([interpreter, "-m", "venv", "--clear", venv], check=True)
        listed = venv / "requirements.txt"
        listed.write_text(requirements, encoding="utf-8")
        pip = (venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
        subprocess.run([*pip, "install", "-qq", "--requirement", listed], check=True)
        ready.write_text(requirements, encoding="utf-8")
    return venv / "bin"


def place_pip_bootstrap() -> None:
    """Put a stand-in where ansible-test looks for pip's bootstrap script, so that it need not download one.

    ansible-test fetches that script from a host of its project, which many networks don't let through, although they
    have a package index. The stand-in does the same from pip's own wheel, which comes from the index.
    """
    from types import SimpleNamespace

    from ansible_test._internal.python_requirements import get_venv_packages

    python = SimpleNamespace(version="{}.{}".format(*sys.version_info[:2]))
    version = get_venv_packages(python)["pip"]
    script = HOME / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    wheels = BUILD / "pip"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", f"--dest={wheels}", f"pip=={version}"],
        check=True,
    )
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        PIP_BOOTSTRAP.format(version=version, wheel=str(wheels / f"pip-{version}-py3-none-any.whl")), encoding="utf-8"
    )


PIP_BOOTSTRAP = '''"""Stands in for the bootstrap script of pip {version}: runs pip from its own wheel."""
import sys

sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main

options = [option for option in sys.argv[1:] if option not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--upgrade", "--force-reinstall", *options]))
'''


# The release of the package ansible that has awx.awx 24.6.1, which is on no package index by itself.
AWX_IN = "ansible==12.3.0"


def awx_collection() -> Path:
    """A folder of collections with awx.awx alone, taken out of the package ansible; downloaded when absent."""
    folder = BUILD / "collections" / AWX_IN
    ready = folder / ".ready"
    with alone():
        if not ready.exists():
            pip = (sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--only-binary=:all:")
            subprocess.run([*pip, f"--dest={folder}", AWX_IN], check=True)
            (wheel,) = folder.glob("*.whl")
            with zipfile.ZipFile(wheel) as packed:
                ours = [name for name in packed.namelist() if name.startswith("ansible_collections/awx/awx/")]
                packed.extractall(folder, ours)
            wheel.unlink()
            ready.touch()
    return folder


SIMULATOR = ("python", "-m", "simulator")
PLAY_DEMO = ("env", "ANSIBLE_CALLBACK_RESULT_FORMAT=yaml", "ansible-playbook", "tests/demo/demo.yml")
DEMO = (*SIMULATOR, "exec", "--", *PLAY_DEMO)
RULEBOOK = ("ansible-rulebook", "--rulebook", "tests/demo/events.yml", "--inventory", "tests/demo/inventory.yml")
ONE_LINE = (f"ANSIBLE_CALLBACK_PLUGINS={TREE / 'tests/demo/callback'}", "ANSIBLE_STDOUT_CALLBACK=one_line")
DEMO_EVENTS = (
    *SIMULATOR,
    "exec",
    "--stream",
    "20",
    "--",
    "env",
    *ONE_LINE,
    *RULEBOOK,
    "--env-vars",
    "SIMULATOR_ENDPOINT",
)


def main() -> None:
    """Become a command of ours, ``demo``, ``demo-events`` or ``simulator``, with the arguments that follow."""
    name, *arguments = sys.argv[1:]
    if name == "demo-events" and shutil.which("java") is None:
        sys.exit("ansible-rulebook needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)")
    commands = {"demo": (TREE, DEMO), "demo-events": (TREE, DEMO_EVENTS), "simulator": (ROOT, SIMULATOR)}
    folder, command = commands[name]
    prepare(os.environ)
    os.chdir(folder)
    os.execvpe(VENV / "bin" / command[0], [*command, *arguments], environment(os.environ))


if __name__ == "__main__":
    main()
