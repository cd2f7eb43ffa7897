"""The published compatibility tables: every row has its test, and no test is of a row that was never published."""

from __future__ import annotations

import pytest

from tools.softlayer_page import TESTS, name_of_test, page, written_tests
from tools.softlayer_rows import ROWS


def test_the_tables_are_whole() -> None:
    counts = {service: len(rows) for service, rows in ROWS.items()}

    assert counts == {"identity": 10, "compute": 44, "image": 5, "block_storage": 6, "network": 5}


@pytest.mark.parametrize("service", list(TESTS))
def test_every_row_has_its_test(service: str) -> None:
    assert {name_of_test(*row) for row in ROWS[service]} <= written_tests(service)


def test_the_page_names_the_test_of_each_row_that_works() -> None:
    text = page("")

    for service in TESTS:
        for row in ROWS[service]:
            name = name_of_test(*row)
            assert ("| works |" in _line(text, row)) == (name in written_tests(service)), row


def _line(text: str, row: tuple[str, str]) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {row[0]} | `{row[1]}` |"))
