"""``python -m tools.conformance``: start an embedded cloud, run Tempest, print the counts, fail on a regression."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from jumpgate.api import load_service
from jumpgate.certify import interoperability_tests
from jumpgate.certify.results import Result
from jumpgate.certify.target import connect
from jumpgate.certify.tempest import Tempest
from jumpgate.certify.workspace import workspace as certified_workspace
from jumpgate.common.config import SERVICE_NAMES
from jumpgate.common.errors import ConfigError
from tools.conformance import balance, report, site, workspace
from tools.conformance.serving import free_port, serving

CONFIGURATION = Path(__file__).with_name("embedded.conf")
SERVICES = "identity|compute|image|network|volume"
ALL = rf"^tempest\.api\.({SERVICES})\."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit status is 1 when a test that is expected to pass did not."""
    options = _parser().parse_args(arguments)
    options.port = options.port or free_port()
    try:
        return _test(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def _test(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="jumpgate-conformance-") as folder:
        work = Path(folder)
        with contextlib.ExitStack() as servers:
            clouds = servers.enter_context(_cloud(work, options))
            if options.passthrough:
                clouds = servers.enter_context(_passthrough(work, clouds, options))
            image_url = servers.enter_context(site.serve(work / "web"))
            return _run(options, work, clouds, image_url)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.conformance", description=__doc__)
    parser.add_argument("--list", type=Path, help="a file of test names, one a line; all API tests without it")
    parser.add_argument("--interop", action="store_true", help="the interoperability tests, in place of a list")
    parser.add_argument("--regex", default=ALL, help="which tests, where there is no list")
    parser.add_argument("--credentials", choices=("dynamic", "static"), default="dynamic")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--expected", type=Path, help="a file of tests that must pass")
    parser.add_argument("--csv", type=Path, help="where the results go")
    parser.add_argument("--tempest", type=Path, default=Path(sys.executable).parent, help="where the command is")
    parser.add_argument(
        "--config", type=Path, default=CONFIGURATION, help="serve this configuration in place of the embedded cloud"
    )
    parser.add_argument(
        "--passthrough", action="store_true", help="test through a second Jumpgate, which passes everything on"
    )
    parser.add_argument("--same-as", type=Path, help="the results (--csv) of another run, which must be the same")
    parser.add_argument("--document", type=Path, help="a Markdown page to write about the run")
    parser.add_argument("--seconds", type=Path, help="where each class's time goes, by which later runs are divided")
    parser.add_argument("--port", type=int, default=None, help="where the server listens; a free port without it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--log", type=Path, help="where the server's log goes")
    return parser


@contextlib.contextmanager
def _cloud(work: Path, options: argparse.Namespace) -> Iterator[Path]:
    """Serve the configuration under test; yield its clouds.yaml."""
    state = work / "state"
    state.mkdir(parents=True)
    arguments = ["--state", str(state), "--config", str(options.config)]
    with serving(arguments, options.port, options.workers, work / "server.log"):
        yield state / "clouds.yaml"


@contextlib.contextmanager
def _passthrough(work: Path, clouds: Path, options: argparse.Namespace) -> Iterator[Path]:
    """Serve a Jumpgate that passes everything on to the one under test; yield a clouds.yaml that knows it alone."""
    port = free_port()
    config = work / "passthrough.conf"
    mounts = {name: load_service(name).mount for name in SERVICE_NAMES}
    urls = (f"{name}_endpoint = http://127.0.0.1:{options.port}{mount}\n" for name, mount in mounts.items())
    config.write_text("[openstack]\n" + "".join(urls))
    front = work / "passthrough-clouds.yaml"
    front.write_text(clouds.read_text().replace(f":{options.port}/", f":{port}/"))
    with serving(["--config", str(config)], port, options.workers, work / "passthrough.log"):
        yield front


def _run(options: argparse.Namespace, work: Path, clouds: Path, image_url: str) -> int:
    folder = work / "tempest"
    tempest = Tempest(folder, programs=options.tempest)
    tempest.init()
    target = connect("jumpgate-admin", clouds)
    static = options.credentials == "static"
    accounts = workspace.write_accounts(target, folder / "etc" / "accounts.yaml") if static else None
    overrides = workspace.settings(options.config, image_url)
    with certified_workspace(folder, target, accounts=accounts, overrides=overrides):
        names = options.list.read_text().splitlines() if options.list else None
        wanted = tempest.tests(interoperability_tests() if options.interop else names, regex=options.regex)
        balance.tell(folder, wanted.values(), balance.load())
        started = time.monotonic()
        results = tempest.run(wanted, concurrency=options.concurrency)
        if options.seconds:
            balance.save(balance.measure(tempest.stream), options.seconds)
        differing = report.differences(results, _same_as(options))
        worse = sorted({*report.regressions(results, _expected(options)), *differing})
        if worse:
            # A machine that is busy with something else makes a test time out: one that fails alone too has failed.
            print(f"Repeated one at a time: {', '.join(worse)}")
            results |= tempest.run({name: wanted[name] for name in worse}, concurrency=1)
        elapsed_s = time.monotonic() - started
    if options.log:
        options.log.write_bytes((work / "server.log").read_bytes())
    return _tell(options, results, elapsed_s)


def _expected(options: argparse.Namespace) -> list[str]:
    return options.expected.read_text().split() if options.expected else []


def _same_as(options: argparse.Namespace) -> dict[str, Result]:
    return report.load(options.same_as) if options.same_as else {}


def _tell(options: argparse.Namespace, results: dict[str, Result], elapsed_s: float) -> int:
    if options.csv:
        report.save(results, options.csv)
    for test, result in sorted(results.items()):
        if result.outcome != "pass":
            print(f"{result.outcome}: {test}: {' '.join(result.reason.split())[:200]}")
    if options.document:
        command = shlex.join(["python", "-m", "tools.conformance", *sys.argv[1:]])
        options.document.write_text(report.document(results, command=command, elapsed_s=elapsed_s))
    print(report.table(results))
    print(
        f"{len(results)} tests in {elapsed_s:.0f} s, {options.credentials} credentials, {options.concurrency} at once"
    )
    worse = report.regressions(results, _expected(options))
    for test in worse:
        print(f"regression: {test}")
    different = report.differences(results, _same_as(options))
    for test, (before, now) in different.items():
        print(f"difference: {test}: {before} in {options.same_as}, {now} here")
    if options.same_as:
        print(f"differences: {len(different) or 'none'}")
    count = report.counts(results)["all"]
    print(f"{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped")
    return 1 if worse or different else 0


if __name__ == "__main__":
    sys.exit(main())
