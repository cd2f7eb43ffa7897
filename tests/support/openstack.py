"""Real OpenStack services in processes of a test's own: released code, SQLite, no message queue, loopback only.

They run under a Python that has them installed: JUMPGATE_OPENSTACK_PYTHON, that of the reference installation, or the
tests' own.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from tests.support.ports import LOOPBACK, find_free_port
from tests.support.waiting import wait_until

VARIABLE = "JUMPGATE_OPENSTACK_PYTHON"
PASSWORD = "secret"

_SERVE = """
import importlib, socketserver, sys, wsgiref.simple_server as simple
class Server(socketserver.ThreadingMixIn, simple.WSGIServer):
    daemon_threads = True
class Quiet(simple.WSGIRequestHandler):
    def log_message(self, *args):
        pass
module, port = sys.argv[1], int(sys.argv[2])
sys.argv = sys.argv[:1]
application = importlib.import_module(module).application
simple.make_server("127.0.0.1", port, application, Server, Quiet).serve_forever()
"""


class Unavailable(Exception):
    """A service is not installed on this machine; the text says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """An identity service to log in to: `url` is its root, `auth` that of its administrator for openstacksdk."""

    url: str
    auth: Mapping[str, str]
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self.process.terminate()
        self.process.wait(20)


@functools.cache
def python_with(module: str) -> str:
    """Return a Python that has a service installed; raise Unavailable."""
    home = Path(os.environ.get("REFSTACK_HOME") or "/opt/refstack")
    candidates = [os.environ.get(VARIABLE), str(home / "venv" / "bin" / "python"), sys.executable]
    for python in filter(None, candidates):
        found = [python, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"]
        if Path(python).exists() and subprocess.run(found, check=False, env=_environment()).returncode == 0:
            return python
    raise Unavailable(f"no real {module} here: {VARIABLE} names a Python that has it installed")


@contextmanager
def running_keystone(folder: Path) -> Iterator[Cloud]:
    """Run a real Keystone with one user, an administrator; raise Unavailable."""
    python = python_with("keystone")
    folder.mkdir()
    config = folder / "keystone.conf"
    keys = [folder / name for name in ("fernet", "credential")]
    for repository in keys:
        repository.mkdir(mode=0o700)
        for number in "01":
            (repository / number).write_bytes(Fernet.generate_key())
    config.write_text(
        f"[database]\nconnection = sqlite:///{folder}/keystone.db\n"
        f"[fernet_tokens]\nkey_repository = {keys[0]}\n[fernet_receipts]\nkey_repository = {keys[0]}\n"
        f"[credential]\nkey_repository = {keys[1]}\n[identity]\npassword_hash_rounds = 4\n[cache]\nenabled = false\n"
    )
    port = find_free_port()
    url = f"http://{LOOPBACK}:{port}"
    first = {"password": PASSWORD, "region-id": "RegionOne"}
    first |= {f"{interface}-url": f"{url}/v3" for interface in ("public", "internal", "admin")}
    bootstrap = [f"--bootstrap-{name}={value}" for name, value in first.items()]
    for command in (["db_sync"], ["bootstrap", *bootstrap]):
        _run(python, "from keystone.cmd.manage import main; main()", "--config-file", str(config), *command)
    environment = {"OS_KEYSTONE_CONFIG_DIR": str(folder)}
    with serving(python, "keystone.wsgi.api", port, folder / "keystone.log", environment) as process:
        yield Cloud(url, administrator(f"{url}/v3"), process)


def administrator(auth_url: str) -> dict[str, str]:
    """Return what openstacksdk needs to log the first administrator in."""
    return {
        "auth_url": auth_url,
        "username": "admin",
        "password": PASSWORD,
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


@contextmanager
def running_glance(folder: Path, auth: Mapping[str, str]) -> Iterator[str]:
    """Run a real Glance that validates tokens at `auth`'s identity service as that user; yield its URL."""
    python = python_with("glance")
    paste = Path(python).parent.parent / "etc" / "glance" / "glance-api-paste.ini"
    if not paste.is_file():
        raise Unavailable(f"the real glance here lacks its {paste}")
    (folder / "images").mkdir(parents=True)
    account = "".join(f"{name} = {value}\n" for name, value in auth.items())
    (folder / "glance-api.conf").write_text(
        f"[DEFAULT]\nenabled_backends = files:file\nnode_staging_uri = file://{folder}/staging\n"
        f"[database]\nconnection = sqlite:///{folder}/glance.db\n"
        f"[glance_store]\ndefault_backend = files\n[files]\nfilesystem_store_datadir = {folder}/images\n"
        f"[os_glance_staging_store]\nfilesystem_store_datadir = {folder}/staging\n"
        f"[os_glance_tasks_store]\nfilesystem_store_datadir = {folder}/tasks\n"
        f"[oslo_concurrency]\nlock_path = {folder}/lock\n[paste_deploy]\nflavor = keystone\n"
        f"[keystone_authtoken]\nauth_type = password\nwww_authenticate_uri = {auth['auth_url']}\n"
        f"service_token_roles_required = true\n{account}"
    )
    (folder / "glance-api-paste.ini").write_text(paste.read_text())
    _run(python, "from glance.cmd.manage import main; main()", "--config-dir", str(folder), "db_sync")
    environment = {"OS_GLANCE_CONFIG_DIR": str(folder)}
    port = find_free_port()
    with serving(python, "glance.wsgi.api", port, folder / "glance.log", environment):
        yield f"http://{LOOPBACK}:{port}"


def _run(python: str, code: str, *arguments: str) -> None:
    command = [python, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(), check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")


@contextmanager
def serving(
    python: str, module: str, port: int, log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Serve a module's WSGI `application` while the block lasts; yield its process once it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-c", _SERVE, module, str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**_environment(), **environment},
        )
    try:
        answers = wait_until(lambda: process.poll() is not None or _answers(port), timeout_s=60)
        if not answers or process.poll() is not None:
            raise AssertionError(f"{module} does not answer:\n{log.read_text()}")
        yield process
    finally:
        process.kill()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Return this process' environment without what belongs to its own Python or to another cloud."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PYTHON"))}
    return {**kept, "PYTHONWARNINGS": "ignore"}
