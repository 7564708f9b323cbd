# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests and checks, one session each. `make test` runs them all, two at a time.

Every session runs in the tree and the environment of tests/workbench.py, with the tools of .venv. What stands after
``--`` goes to the session's own tool: ``make unit ARGS="-k signature"``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests"))

import workbench  # noqa: E402  # found by the line above
from workbench import BUILD, TREE  # noqa: E402  # found by the line above

nox.options.default_venv_backend = "none"

PERSON = dict(os.environ)
ENVIRONMENT = workbench.environment(PERSON)
PYTHON = "{}.{}".format(*sys.version_info[:2])
OTHER_PYTHONS = [version for version in workbench.MODULE_PYTHONS if version != PYTHON]
COLLECTION = "alicloud.security_center"


def run(session: nox.Session, tool: str | Path, *arguments: str | Path, silent: bool = False, **env: str) -> str:
    """Run a tool of .venv in the tree; what it printed, when ``silent``."""
    with session.chdir(TREE):
        answer = session.run(
            str(workbench.VENV / "bin" / tool),
            *map(str, arguments),
            env=ENVIRONMENT | env,
            include_outer_env=False,
            external=True,
            silent=silent,
        )
    return str(answer)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest with the collection importable as in production, ansible_collections.alicloud.security_center."""
    paths = os.pathsep.join((str(BUILD), ENVIRONMENT["PYTHONPATH"]))
    run(session, "pytest", "-o", f"cache_dir={BUILD / 'pytest'}", *arguments, PYTHONPATH=paths)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and Ansible's own rules: ruff, mypy on the two inner layers, ansible-lint with yamllint."""
    workbench.prepare(PERSON)
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    inner = f"ansible_collections.{COLLECTION}.plugins.module_utils"
    run(session, "mypy", "-p", f"{inner}._openapi", "-p", f"{inner}._security_center", MYPYPATH=str(BUILD))
    run(session, "ansible-lint", "--offline", "--profile", "production", *session.posargs)


@nox.session
def unit(session: nox.Session) -> None:
    """Pure functions, with the coverage of plugins by branches."""
    workbench.prepare(PERSON)
    coverage = ("--cov=plugins", "--cov-branch", "--cov-report=term")
    pytest(session, "-n", "2", *coverage, "tests/unit", *session.posargs)


@nox.session(name="unit-pythons")
@nox.parametrize("version", OTHER_PYTHONS, ids=OTHER_PYTHONS)
def unit_pythons(session: nox.Session, version: str) -> None:
    """The tests of module_utils on every other Python of this machine, with only requests and pytest beside them."""
    interpreter = workbench.interpreter(version, PERSON)
    if interpreter is None:
        session.skip(f"LEFT OUT: no Python {version} on this machine")
    workbench.prepare(PERSON)
    requirements = (ROOT / "tests" / "requirements-pythons.txt").read_text(encoding="utf-8")
    python = workbench.small_venv(f"python-{version}", interpreter, requirements) / "python"
    run(session, python, "-m", "compileall", "-q", "plugins")
    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "tests/unit/plugins/module_utils")
    run(session, python, *tests, *session.posargs, PYTHONPATH=str(BUILD))


@nox.session
def contract(session: nox.Session) -> None:
    """The vendor's own SDK believes the simulator, and what we send is what it would send."""
    workbench.prepare(PERSON)
    pytest(session, "-n", "2", "tests/contract", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Playbooks against the simulator: the targets of ansible-test, and the tests beside them."""
    workbench.prepare(PERSON)
    config = "tests/integration/integration_config.yml"
    targets = ("ansible-test", "integration", "--local", "--python", PYTHON, *session.posargs)
    run(session, *workbench.SIMULATOR, "exec", "--config-file", config, "--", *targets)
    pytest(session, "-n", "2", "tests/integration")


@nox.session
def eda(session: nox.Session) -> None:
    """Rulebooks with the real ansible-rulebook and its rule engine, over the simulator: killed, and started again."""
    if shutil.which("java", path=ENVIRONMENT["PATH"]) is None:
        session.skip("LEFT OUT: no Java 17 on this machine (Debian: apt-get install openjdk-17-jre-headless)")
    workbench.prepare(PERSON)
    pytest(session, "-n", "2", "tests/eda", *session.posargs)


@nox.session
def awx(session: nox.Session) -> None:
    """What AWX starts and what is made in it: ansible-runner, the modules of awx.awx, and a stand-in for AWX."""
    workbench.prepare(PERSON)
    paths = os.pathsep.join((str(BUILD), ENVIRONMENT["PYTHONPATH"]))
    collections = os.pathsep.join((str(BUILD), str(workbench.awx_collection())))
    tests = ("-o", f"cache_dir={BUILD / 'pytest'}", "-n", "2", "tests/awx", *session.posargs)
    run(session, "pytest", *tests, PYTHONPATH=paths, ANSIBLE_COLLECTIONS_PATH=collections)


@nox.session
def browser(session: nox.Session) -> None:
    """The report's page in headless Chromium: nothing in it acts, and it can be read on a phone and on paper."""
    if shutil.which("chromium", path=ENVIRONMENT["PATH"]) is None:
        session.skip("LEFT OUT: no Chromium on this machine (Debian: apt-get install chromium)")
    workbench.prepare(PERSON)
    pytest(session, "-n", "2", "tests/browser", *session.posargs)


@nox.session
def molecule(session: nox.Session) -> None:
    """The scenarios of the roles: each converges, converges again without a change, and is verified."""
    workbench.prepare(PERSON)
    collections = os.pathsep.join((str(BUILD), str(workbench.awx_collection())))
    beside = (*workbench.SIMULATOR, "exec", "--", "python", "-m", "awx")
    scenarios = session.posargs or ["--all"]
    run(session, *beside, "molecule", "test", *scenarios, ANSIBLE_COLLECTIONS_PATH=collections)


@nox.session
def cores(session: nox.Session) -> None:
    """The demo on every ansible-core that the collection is for: check mode, a run, a repeat, a refusal and a response."""
    workbench.prepare(PERSON)
    with ThreadPoolExecutor(2) as pool:  # a demo keeps one processor busy
        for version, told in zip(workbench.CORES, pool.map(demo_on, workbench.CORES), strict=True):
            if told is None:
                session.warn(
                    f"LEFT OUT: no Python {workbench.CORES[version]} for ansible-core {version} on this machine"
                )
            # 2.16 does not count the include of a role.
            elif not re.search(r"ok=(?:30|31) +changed=6 +unreachable=0 +failed=0", told):
                session.error(f"the demo does not run on ansible-core {version} as it should:\n{told}")
            else:
                session.log(f"the demo runs on ansible-core {version}")


def demo_on(version: str) -> str | None:
    """What the demo shows on an ansible-core; None without a Python for it. Each finds the home of somebody new."""
    interpreter = workbench.interpreter(workbench.CORES[version], PERSON)
    if interpreter is None:
        return None
    programs = workbench.small_venv(f"core-{version}", interpreter, f"ansible-core=={version}\nrequests\n")
    home = BUILD / f"home-{version}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    places = {"HOME": str(home), "PATH": f"{programs}{os.pathsep}{ENVIRONMENT['PATH']}"}
    command = [workbench.VENV / "bin" / workbench.DEMO[0], *workbench.DEMO[1:]]
    done = subprocess.run(
        command,
        cwd=TREE,
        env=ENVIRONMENT | places,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


# The oldest and the newest; `make integration` has the one of .venv.
HOSTILE_CORES = [list(workbench.CORES)[place] for place in (0, -1)]
HOSTILE_TESTS = ("tests/integration/test_hostile.py", "tests/integration/test_inventory_assets.py")
# What they need beside ansible-core.
HOSTILE_NEEDS = ("requests", "Flask", "PyYAML", "trustme", "pytest", "pytest-timeout", "pytest-xdist")


@nox.session
@nox.parametrize("version", HOSTILE_CORES, ids=HOSTILE_CORES)
def hostile(session: nox.Session, version: str) -> None:
    """What attackers write into alerts, through the templates and the output of other versions of ansible-core."""
    interpreter = workbench.interpreter(workbench.CORES[version], PERSON)
    if interpreter is None:
        session.skip(f"LEFT OUT: no Python {workbench.CORES[version]} for ansible-core {version} on this machine")
    workbench.prepare(PERSON)
    listed = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in listed if line.partition("==")[0] in HOSTILE_NEEDS]
    requirements = "\n".join([f"ansible-core=={version}", *pinned, ""])
    python = workbench.small_venv(f"hostile-{version}", interpreter, requirements) / "python"
    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", *HOSTILE_TESTS)
    paths = os.pathsep.join((str(BUILD), ENVIRONMENT["PYTHONPATH"]))
    run(session, python, *tests, *session.posargs, PYTHONPATH=paths)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measures, and writes docs/benchmarks.md: about half an hour for all. ``make bench ARGS="one-alert"`` for one row."""
    workbench.prepare(PERSON)
    run(session, "python", "-m", "benchmarks", "--write", ROOT / "docs" / "benchmarks.md", *session.posargs)


@nox.session(name="ansible-test-units")
def ansible_test_units(session: nox.Session) -> None:
    """The unit tests once more, as ansible-test runs them: each in a process of its own, without our settings."""
    workbench.prepare(PERSON)
    run(session, "ansible-test", "units", "--local", "--python", PYTHON, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation of modules and plugins is valid, its references lead somewhere, and ansible-doc shows it."""
    workbench.prepare(PERSON)
    checks = ("--plugin-docs", "--validate-collection-refs=self", "--check-extra-docs-refs")
    run(session, "antsibull-docs", "lint-collection-docs", *checks, ".")
    for module in sorted((TREE / "plugins" / "modules").glob("[!_]*.py")):
        run(session, "ansible-doc", "--type", "module", f"{COLLECTION}.{module.stem}", silent=True)
    for plugin in sorted((TREE / "plugins" / "inventory").glob("[!_]*.py")):
        run(session, "ansible-doc", "--type", "inventory", f"{COLLECTION}.{plugin.stem}", silent=True)
    # It knows no type of plugins of ansible-rulebook, and Galaxy's importer asks it in this way too.
    for source in sorted((TREE / "extensions" / "eda" / "plugins" / "event_source").glob("[!_]*.py")):
        run(session, "ansible-doc", "--module-path", source.parent, source.stem, silent=True)


@nox.session
def changelog(session: nox.Session) -> None:
    """The changelog fragments are valid."""
    workbench.prepare(PERSON)
    run(session, "antsibull-changelog", "lint")


@nox.session
def galaxy(session: nox.Session) -> None:
    """The artifact builds, and Galaxy's importer has nothing to say about it."""
    workbench.prepare(PERSON)
    artifacts = BUILD / "artifact"
    for old in artifacts.glob("*.tar.gz"):
        old.unlink()
    run(session, "ansible-galaxy", "collection", "build", "--force", "--output-path", artifacts)
    (artifact,) = artifacts.glob("*.tar.gz")
    # It ends well whatever it finds: what it found is in its log alone.
    log = run(session, "python", "-m", "galaxy_importer.main", artifact, silent=True)
    if found := re.findall(r"^(?:ERROR|WARNING).*", log, re.M):
        session.error("Galaxy's importer found:\n" + "\n".join(found))


@nox.session
def ee(session: nox.Session) -> None:
    """An execution or decision environment with this collection gets the Python packages that it needs."""
    workbench.prepare(PERSON)
    answer = run(session, "ansible-builder", "introspect", "--sanitize", BUILD, silent=True)
    if not re.search(rf"^\s*- '?requests\b.*{COLLECTION}", answer, re.M):
        session.error(f"ansible-builder does not find requests:\n{answer}")
    for definition in ("roles/awx/files/execution-environment.yml", "extensions/eda/decision-environment.yml"):
        context = BUILD / Path(definition).stem
        shutil.rmtree(context, ignore_errors=True)
        run(session, "ansible-builder", "create", "--file", definition, "--context", context, silent=True)
        made = {path.name for path in (context / "_build").glob("*")}
        if (
            not {"requirements.yml", "scripts"} <= made
            or COLLECTION not in (context / "_build/requirements.yml").read_text()
        ):
            session.error(f"ansible-builder makes no context of {definition} with the collection: {sorted(made)}")


@nox.session
def sanity(session: nox.Session) -> None:
    """ansible-test's own checks, with nothing ignored."""
    workbench.prepare(PERSON)
    if ignored := [path.name for path in (TREE / "tests" / "sanity").glob("ignore*.txt") if path.read_text().strip()]:
        session.error(f"tests/sanity must ignore nothing, and has entries in {', '.join(ignored)}")
    # A tree of which ansible-test sees nothing passes every test.
    if "plugins/module_utils/" not in run(session, "ansible-test", "env", "--list-files", silent=True):
        session.error("ansible-test sees no files of the collection")
    workbench.place_pip_bootstrap()
    run(session, "ansible-test", "sanity", "--local", "--python", PYTHON, *session.posargs)
