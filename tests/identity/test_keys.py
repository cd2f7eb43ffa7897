"""The key repository: how it is made, read and rotated, by the command too."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken

from jumpgate.cli import main
from jumpgate.common.errors import ConfigError
from jumpgate.identity.tokens.keys import KeyRepository
from tests.identity.keystone import Keystone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def keys(folder: Path) -> KeyRepository:
    return KeyRepository(lambda: folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_first_use_makes_a_staged_and_a_primary_key(folder: Path) -> None:
    keys(folder).fernet()
    assert names(folder) == ["0", "1"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_second_use_finds_the_same_keys(folder: Path) -> None:
    token = keys(folder).fernet().encrypt(b"x")
    assert keys(folder).fernet().decrypt(token) == b"x"


def test_keys_that_are_there_are_taken(folder: Path) -> None:
    other = folder.with_name("other")
    token = keys(other).fernet().encrypt(b"x")
    other.rename(folder)
    assert keys(folder).fernet().decrypt(token) == b"x"
    assert names(folder) == ["0", "1"]


def _use(folder: Path, results: Any) -> None:
    results.put(keys(folder).fernet().encrypt(b"x"))


def test_processes_that_start_at_once_agree(folder: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=_use, args=(folder, results)) for _ in range(8)]
    for process in processes:
        process.start()
    tokens = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join()
    assert names(folder) == ["0", "1"]
    assert {keys(folder).fernet().decrypt(token) for token in tokens} == {b"x"}


def test_rotation_makes_the_staged_key_the_primary_one(folder: Path) -> None:
    repository = keys(folder)
    repository.create()
    staged, first = (folder / "0").read_bytes(), (folder / "1").read_bytes()
    repository.rotate(max_active_keys=3)
    assert names(folder) == ["0", "1", "2"]
    assert (folder / "2").read_bytes() == staged
    assert (folder / "1").read_bytes() == first
    assert (folder / "0").read_bytes() not in (staged, first)
    assert (folder / "0").stat().st_mode & 0o777 == 0o600


def test_rotation_keeps_so_many_keys(folder: Path) -> None:
    repository = keys(folder)
    repository.create()
    for _ in range(4):
        repository.rotate(max_active_keys=3)
    assert names(folder) == ["0", "4", "5"]
    repository.rotate(max_active_keys=1)
    assert names(folder) == ["0", "6"]


def test_a_token_lives_as_long_as_its_key(folder: Path) -> None:
    repository = keys(folder)
    token = repository.fernet().encrypt(b"x")
    repository.rotate(max_active_keys=3)
    assert repository.fernet().decrypt(token) == b"x"
    repository.rotate(max_active_keys=3)
    with pytest.raises(InvalidToken):
        repository.fernet().decrypt(token)


def test_a_running_process_notices_a_rotation_by_another(folder: Path) -> None:
    running = keys(folder)
    running.fernet()
    keys(folder).rotate()
    keys(folder).rotate()
    assert running.fernet().decrypt(keys(folder).fernet().encrypt(b"x")) == b"x"


def test_a_host_that_has_not_got_the_new_keys_yet_takes_tokens_of_one_that_has(folder: Path) -> None:
    behind = keys(folder)
    old = behind.fernet()
    keys(folder).rotate()
    assert old.decrypt(keys(folder).fernet().encrypt(b"x")) == b"x"


def test_other_files_are_no_keys(folder: Path) -> None:
    keys(folder).create()
    (folder / "README").write_text("hello")
    keys(folder).fernet()
    (folder / "7").write_text("hello")
    with pytest.raises(ConfigError, match="no Fernet key") as caught:
        keys(folder).fernet()
    assert "hello" not in str(caught.value)


def test_a_place_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        keys(tmp_path / "file" / "keys").create()


def test_tokens_outlive_a_rotation_and_a_restart(tmp_path: Path) -> None:
    keystone = Keystone(tmp_path)
    token = keystone.demo
    keys(tmp_path / "keys").rotate()
    assert keystone.works(token)
    assert keystone.works(keystone.token("demo", keystone.known_password("demo")))
    assert Keystone(tmp_path).works(token)


def test_the_place_of_the_keys_is_configured(tmp_path: Path) -> None:
    keystone = Keystone(tmp_path / "state", f"key_repository = {tmp_path / 'elsewhere'}")
    assert keystone.works(keystone.demo)
    assert names(tmp_path / "elsewhere") == ["0", "1"]
    assert not (tmp_path / "state" / "keys").exists()


def test_the_command_rotates_the_keys_of_a_state_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"
    repository = keys(folder)
    sealed = repository.fernet().encrypt(b"a token")

    assert main(["rotate-keys", "--state", str(tmp_path)]) == 0

    assert capsys.readouterr().out == f"Tokens are now sealed with key 2 of {folder}, which holds 3 keys.\n"
    assert repository.fernet().decrypt(sealed) == b"a token"
    assert Fernet((folder / "2").read_bytes()).decrypt(repository.fernet().encrypt(b"new")) == b"new"


def test_the_command_keeps_as_many_keys_as_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = tmp_path / "jumpgate.conf"
    configuration.write_text(f"[identity]\nkey_repository = {tmp_path / 'elsewhere'}\n")
    keys(tmp_path / "elsewhere").create()

    for _ in range(3):
        assert main(["rotate-keys", "--config", str(configuration), "--keep", "2"]) == 0

    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["0", "4"]
    assert "which holds 2 keys." in capsys.readouterr().out


@pytest.mark.parametrize("exists", [False, True])
def test_the_command_says_where_there_are_no_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, exists: bool
) -> None:
    if exists:
        (tmp_path / "keys").mkdir()

    assert main(["rotate-keys", "--state", str(tmp_path)]) == 2

    assert f"The key repository {tmp_path / 'keys'} has no keys to rotate" in capsys.readouterr().err
