"""``python -m tools.conformance.passthrough``: does a real OpenStack behave the same through Jumpgate?

Runs Tempest against the real OpenStack directly and through a Jumpgate with the shipped configuration, compares the
outcomes test by test, repeats those that differ alone, both ways, and keeps what was found in a file.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jumpgate.certify import interoperability_tests
from jumpgate.certify.results import Result
from jumpgate.certify.tempest import Tempest
from jumpgate.common.errors import ConfigError
from tools.conformance import comparison, reference, report
from tools.conformance.reference import Reference
from tools.conformance.serving import ROOT, free_port, serving

SHIPPED = ROOT / "jumpgate.conf"
ALL = r"^tempest\.api\.(identity|compute|image|network|volume)\."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit status is 1 when an outcome still differs after the test was repeated, 2 where nothing can run."""
    options = _parser().parse_args(arguments)
    try:
        with reference.running() as real, tempfile.TemporaryDirectory(prefix="jumpgate-conformance-") as folder:
            return _compare(real, Path(folder), options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.conformance.passthrough", description=__doc__)
    parser.add_argument("--interop", action="store_true", help="the interoperability tests only")
    parser.add_argument("--regex", default=ALL, help="which tests")
    parser.add_argument("--concurrency", type=int, default=3)
    parser.add_argument("--direct", type=Path, help="the results of an earlier direct run, in place of a new one")
    parser.add_argument("--through", type=Path, help="the results of an earlier run through Jumpgate, likewise")
    parser.add_argument("--csv", type=Path, help="where the comparison goes; beside the page about it by default")
    return parser


@dataclass(frozen=True, slots=True)
class _Ways:
    """Tempest, set up for each of the two ways."""

    direct: Tempest
    through: Tempest


def _compare(real: Reference, work: Path, options: argparse.Namespace) -> int:
    port = free_port()
    config = work / "jumpgate.conf"
    config.write_text(shipped_configuration(real.endpoints))
    with serving(["--config", str(config)], port, 2, work / "server.log"):
        ways = _Ways(
            real.tempest(work / "direct", real.target.auth_url),
            real.tempest(work / "through", f"http://127.0.0.1:{port}/identity/v3"),
        )
        wanted = ways.direct.tests(interoperability_tests() if options.interop else None, regex=options.regex)
        if not wanted:
            raise ConfigError(f"No test matches {options.regex}.")
        direct = _results(options.direct, ways.direct, wanted, options.concurrency)
        through = _results(options.through, ways.through, wanted, options.concurrency)
        differing = report.differences(through, direct)
        repeated = {test: _repeat(ways, {test: wanted[test]}) for test in differing if test in wanted}
    rows = comparison.join(direct, through, repeated)
    comparison.save(rows, options.csv or (comparison.INTEROP_FILE if options.interop else comparison.FILE))
    return _tell(rows)


def shipped_configuration(endpoints: Mapping[str, str]) -> str:
    """Return the shipped jumpgate.conf with other endpoints in ``[openstack]``, and nothing else changed."""
    text = SHIPPED.read_text()
    for name, url in endpoints.items():
        text, number = re.subn(rf"(?m)^{name}_endpoint=.*$", f"{name}_endpoint={url}", text)
        if number != 1:
            raise ConfigError(f"{SHIPPED} has no line for {name}_endpoint.")
    return text


def _results(earlier: Path | None, tempest: Tempest, wanted: Mapping[str, str], concurrency: int) -> dict[str, Result]:
    """Return the results of a run, or those of an earlier one as far as its tests are wanted."""
    if earlier is None:
        return tempest.run(wanted, concurrency=concurrency)
    return {test: result for test, result in report.load(earlier).items() if test in wanted}


def _repeat(ways: _Ways, test: Mapping[str, str]) -> tuple[Result, Result]:
    """Run one test alone, directly and then through Jumpgate."""
    (name,) = test
    print(f"Repeated alone, both ways: {name}", flush=True)
    return ways.direct.run(test, concurrency=1)[name], ways.through.run(test, concurrency=1)[name]


def _tell(rows: Sequence[comparison.Row]) -> int:
    print(comparison.table(rows))
    for row in comparison.differing(rows):
        print(f"difference: {row.test}: {row.direct} directly, {row.through} through Jumpgate")
    remaining = comparison.remaining(rows)
    for row in remaining:
        print(f"and when repeated: {row.test}: {row.direct_again} directly, {row.through_again} through Jumpgate")
    print(f"differences: {len(remaining) or 'none'}")
    return 1 if remaining else 0


if __name__ == "__main__":
    sys.exit(main())
