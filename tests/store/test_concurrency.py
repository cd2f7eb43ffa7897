"""Many writers: nothing is lost, whether they are threads, processes or forks."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from jumpgate.store.engine import Store
from jumpgate.store.turns import Turns
from tests.store import processes
from tests.store.tables import count_up, value
from tests.store.threads import at_once


def test_sixteen_threads_lose_no_count(store: Store) -> None:
    def count() -> None:
        for _ in range(10):
            count_up(store)

    at_once(16, count)

    assert (value(store), store.revision("compute")) == (160, 160)


def test_the_first_writers_of_a_topic_lose_no_count(store: Store) -> None:
    at_once(16, lambda: count_up(store, "compute", "network"))

    assert (value(store), store.revision("network")) == (16, 16)


def test_topics_in_any_order_do_not_block_each_other_for_good(store: Store) -> None:
    orders = iter([("compute", "network"), ("network", "compute")] * 8)

    at_once(16, lambda: count_up(store, *next(orders)))

    assert value(store) == 16


def test_four_processes_lose_no_count(store: Store, url: str) -> None:
    processes.finish([processes.start(processes.count, url, 25) for _ in range(4)])

    assert (value(store), store.revision("compute")) == (100, 100)


def test_forks_of_a_process_that_closed_its_store_lose_no_count(store: Store) -> None:
    count_up(store)
    assert store.revision("compute") == 1
    store.close()

    def count() -> None:
        for _ in range(25):
            count_up(store)
        assert store.revision("compute") >= 26
        store.close()

    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=count) for _ in range(4)]
    for worker in workers:
        worker.start()
    processes.finish(workers)

    assert (value(store), store.revision("compute")) == (101, 101)


def test_a_turn_is_one_threads_at_a_time(tmp_path: Path) -> None:
    turns = [Turns(str(tmp_path / "turns")) for _ in range(2)]
    inside: list[None] = []
    most: list[int] = []

    def take_turns() -> None:
        for number in range(50):
            with turns[number % 2]:
                inside.append(None)
                most.append(len(inside))
                inside.pop()

    at_once(8, take_turns)

    assert (len(most), max(most)) == (400, 1)


def test_a_turn_ends_with_an_error(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "turns"))
    for _ in range(2):
        with pytest.raises(LookupError), turns:
            raise LookupError


def test_a_turn_that_cannot_be_had_is_not_kept(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "missing/turns"))
    for _ in range(2):
        with pytest.raises(FileNotFoundError), turns:
            pass


def test_turns_go_on_in_a_file_that_was_closed(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "turns"))
    turns.close()
    for _ in range(2):
        with turns:
            pass
        turns.close()
