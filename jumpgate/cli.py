"""The command: ``jumpgate serve | routes | drivers | check | certify | rotate-keys | new-driver``."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jumpgate.common.errors import ConfigError

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

DEFAULT_STATE = Path("~/.local/state/jumpgate")

_DESCRIPTION = "The OpenStack API for any cloud."

_SERVE = """Serve the OpenStack API.

Without --config the embedded cloud is served: a whole OpenStack in one process that keeps everything in the state
directory. It writes clouds.yaml there, with the clouds `jumpgate` (an ordinary member of project demo) and
`jumpgate-admin`, and prints how to connect. With --config the drivers named in the file serve; a section without
driver= passes its requests through to the OpenStack named in [openstack].

Ctrl-C or SIGTERM finishes the requests at hand and stops."""

_ROUTES = """Print every endpoint of the configuration: path, name, handler, and the contract methods that answer it.

An endpoint without a handler answers 501. --unused prints only those, of every service and region."""

_DRIVERS = """Print the configured drivers and what each offers, and which others are installed.

Of a driver that implements the contract these are its contract methods, of another the endpoints it handles."""

_CERTIFY = """Run OpenStack's interoperability tests against a cloud, and write a report.

The cloud is any OpenStack, a running Jumpgate among them: an entry of a clouds.yaml. Without --os-cloud and OS_CLOUD it
is the one that `jumpgate serve` runs by default. The tests are Tempest's (pip install 'jumpgate[certify]'); as an
administrator they make users, networks and servers of their own and remove them. The report, report.html and
report.json, says by capability what passed, what failed and what the cloud does not offer.

The exit status is 0 when nothing failed, 1 when something did, 2 when the tests could not begin."""

_ROTATE_KEYS = """Seal new tokens with a new key; those of before stay valid until they expire.

The keys are in [identity] key_repository, or in the state directory. Running servers notice by themselves. A key that
is dropped takes its tokens with it: a token outlives one rotation with three keys and one more with each key more, so
rotate no more often than tokens expire."""

_NEW_DRIVER = """Write the package of a driver for a cloud, which runs and passes its own tests as it is.

It has an entry point, `setup_routes`, servers and flavors against a stand-in for the cloud, a jumpgate.conf and the
contract tests. Its README.md says what to fill in."""

_CHECK = """Ask a configured cloud everything that can be asked without changing it, and tell what works.

It logs in as a user of a clouds.yaml, in process: no server has to run. Services whose drivers implement the contract
are read by the contract suite (pip install 'jumpgate[testing]'), on the things that are there; each service is then
asked every GET that needs no id. What works is counted; what is refused (not offered, or not for this user) and what
is wrong is told.

The exit status is 0 when nothing is wrong, 1 when something is, 2 when the check could not begin."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jumpgate", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text, options in (
        ("serve", _SERVE, _serve_options),
        ("routes", _ROUTES, _routes_options),
        ("drivers", _DRIVERS, _configuration_options),
        ("check", _CHECK, _check_options),
        ("certify", _CERTIFY, _certify_options),
        ("rotate-keys", _ROTATE_KEYS, _rotate_keys_options),
        ("new-driver", _NEW_DRIVER, _new_driver_options),
    ):
        command = commands.add_parser(
            name,
            help=text.splitlines()[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        options(command)
    return parser


def _configuration_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=Path, metavar="FILE", help="a jumpgate.conf; without it, the embedded cloud")
    command.add_argument(
        "--state", type=Path, metavar="DIR", help=f"where everything is kept (default: {DEFAULT_STATE})"
    )


def _serve_options(command: argparse.ArgumentParser) -> None:
    _configuration_options(command)
    command.add_argument("--host", help="the address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=_port, metavar="N", help="the port that services share (default: 8000)")
    command.add_argument("--workers", type=_number("workers"), metavar="N", help="worker processes (default: 2)")


def _routes_options(command: argparse.ArgumentParser) -> None:
    _configuration_options(command)
    command.add_argument("--unused", action="store_true", help="only the endpoints that have no handler")


def _check_options(command: argparse.ArgumentParser) -> None:
    _configuration_options(command)
    command.add_argument("--os-cloud", metavar="NAME", help="an entry of the clouds.yaml (default: $OS_CLOUD)")
    command.add_argument("--clouds", type=Path, metavar="FILE", help="the clouds.yaml (default: where clients find it)")
    command.add_argument("--json", action="store_true", help="print everything that was asked, for programs")


def _certify_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--os-cloud", metavar="NAME", help="an entry of the clouds.yaml (default: $OS_CLOUD)")
    command.add_argument("--clouds", type=Path, metavar="FILE", help="the clouds.yaml (default: where clients find it)")
    command.add_argument(
        "--accounts", type=Path, metavar="FILE", help="users for the tests, in Tempest's format, in place of new ones"
    )
    command.add_argument(
        "--settings", type=Path, metavar="FILE", help="lines of a tempest.conf that the cloud does not tell"
    )
    command.add_argument(
        "--tests", type=_regex, metavar="REGEX", default="", help="only the tests whose names it matches"
    )
    command.add_argument(
        "--concurrency", type=_number("tests"), default=4, metavar="N", help="tests at a time (default: 4)"
    )
    command.add_argument(
        "--output", type=Path, default=Path("certificate"), metavar="DIR", help="for the report (default: certificate)"
    )


def _rotate_keys_options(command: argparse.ArgumentParser) -> None:
    _configuration_options(command)
    command.add_argument(
        "--keep", type=_number("keys", least=2), default=3, metavar="N", help="how many keys to keep (default: 3)"
    )


def _new_driver_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="what jumpgate.conf calls the driver")
    command.add_argument(
        "--output", type=Path, metavar="DIR", help="the folder to write, which is new (default: jumpgate-NAME)"
    )


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
    return text


def _number(what: str, *, least: int = 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no number of {what}: give {least} or more")
        return int(text)

    return read


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 2 for a mistake in the options or the configuration."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except ConfigError as error:
        print(f"jumpgate: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has seen enough (``jumpgate routes | head``); what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _serve_command(options: argparse.Namespace) -> int:
    from jumpgate import log, memory, server
    from jumpgate.api import Jumpgate
    from jumpgate.common.config import Config
    from jumpgate.wsgi import load_config

    memory.return_large_blocks()
    os.umask(0o077)  # what is kept in the state directory is nobody else's
    config: Config = load_config(options.config, options.state or _default_state(options))
    for section, name in (("server", "host"), ("server", "port"), ("server", "workers")):
        value = getattr(options, name)
        if value is not None:
            config.read_dict({section: {name: str(value)}})
    log.configure(log_format=config.value("server", "log_format"), level=config.value("server", "log_level"))
    app = Jumpgate(config)
    host, port = config.value("server", "host"), config.value("server", "port")
    server.check_free(host, [own or port for own in server.ports(app)])
    app.prepare()
    print(app.welcome(), flush=True)
    server.serve(
        app,
        host=host,
        port=port,
        workers=config.value("server", "workers"),
        threads=config.value("server", "threads"),
    )
    return 0


def _default_state(options: argparse.Namespace) -> Path | None:
    """The embedded cloud always has a place for its state; a configuration names its own."""
    return DEFAULT_STATE.expanduser() if options.config is None else None


def _routes_command(options: argparse.Namespace) -> int:
    from jumpgate.common import inspection

    app = _application(options)
    print(inspection.unused(app) if options.unused else inspection.routes(app))
    return 0


def _drivers_command(options: argparse.Namespace) -> int:
    from jumpgate import drivers
    from jumpgate.common import inspection

    print(inspection.drivers(_application(options)), drivers.installed_lines(), sep="\n\n")
    return 0


def _check_command(options: argparse.Namespace) -> int:
    from jumpgate.check import finding, login
    from jumpgate.check.run import check

    app = _application(options)
    app.prepare(alone=False)
    name, clouds = options.os_cloud or os.environ.get("OS_CLOUD"), options.clouds
    if name is None:
        name, clouds = "jumpgate-admin", clouds or _own_clouds(app)
    findings = check(app, login.entry(name, clouds))
    print(finding.as_json(findings).decode() if options.json else finding.as_text(findings))
    return 1 if any(one.verdict == finding.WRONG for one in findings) else 0


def _own_clouds(app: Jumpgate) -> Path | None:
    """Return the clouds.yaml that the embedded identity service writes, None where nothing keeps state."""
    keeps = app.config.state_directory or app.config.value("server", "state")
    return app.config.state() / "clouds.yaml" if keeps else None


def _certify_command(options: argparse.Namespace) -> int:
    from jumpgate import certify

    certify.check_installed()
    from jumpgate.certify.run import Request
    from jumpgate.certify.run import certify as run

    name, clouds = options.os_cloud or os.environ.get("OS_CLOUD"), options.clouds
    if name is None:
        name, clouds = "jumpgate-admin", clouds or DEFAULT_STATE.expanduser() / "clouds.yaml"
    certificate = run(
        Request(
            cloud=name,
            clouds=clouds,
            accounts=options.accounts,
            settings=options.settings,
            regex=options.tests,
            concurrency=options.concurrency,
            folder=options.output,
        )
    )
    print(certificate.summary(), f"The report: {options.output / 'report.html'}", sep="\n")
    return 1 if certificate.counts()["failed"] else 0


def _rotate_keys_command(options: argparse.Namespace) -> int:
    from jumpgate.identity.tokens.keys import KeyRepository, keys_directory
    from jumpgate.wsgi import load_config

    config = load_config(options.config, options.state or _default_state(options))
    directory = keys_directory(config)
    primary, count = KeyRepository(lambda: directory).rotate(max_active_keys=options.keep)
    print(f"Tokens are now sealed with key {primary} of {directory}, which holds {count} keys.")
    return 0


def _new_driver_command(options: argparse.Namespace) -> int:
    from jumpgate import scaffold

    folder = options.output or Path(f"jumpgate-{options.name.replace('_', '-')}")
    for file in scaffold.write(options.name, folder):
        print(file)
    print(f"\n{folder}/README.md says what to fill in. It runs already:\n")
    print(f"    cd {folder} && pip install -e '.[test]' && pytest && jumpgate drivers --config jumpgate.conf")
    return 0


def _application(options: argparse.Namespace) -> Jumpgate:
    """Build the application of the configuration without serving it."""
    from jumpgate.api import Jumpgate
    from jumpgate.wsgi import load_config

    return Jumpgate(load_config(options.config, options.state or _default_state(options)))


_COMMANDS = {
    "serve": _serve_command,
    "routes": _routes_command,
    "drivers": _drivers_command,
    "check": _check_command,
    "certify": _certify_command,
    "rotate-keys": _rotate_keys_command,
    "new-driver": _new_driver_command,
}

if __name__ == "__main__":
    sys.exit(main())
