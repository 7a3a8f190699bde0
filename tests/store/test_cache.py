from __future__ import annotations

import logging
import multiprocessing
import pickle
import sqlite3
import threading
from pathlib import Path

import diskcache
import pytest

from explainer.store import cache as module
from explainer.store.cache import ReplyCache


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder):
    made = ReplyCache(folder)
    yield made
    made.close()


class Bomb:
    """Unpickling it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


def test_a_text_comes_back_as_it_was_put_also_after_a_restart(cache, folder):
    cache.put("k", "answer \U0001f680\x00\n")
    cache.put("empty", "")
    cache.close()
    again = ReplyCache(folder)
    assert (again.get("k"), again.get("empty"), again.get("other")) == ("answer \U0001f680\x00\n", "", None)
    again.close()


def test_only_the_user_can_enter_the_folder_and_read_the_files(cache, folder):
    cache.put("k", "v")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir() if path.stat().st_mode & 0o077} == set()


def test_a_folder_that_others_could_enter_is_closed(folder):
    folder.mkdir(mode=0o755)
    ReplyCache(folder).close()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_planted_pickle_is_a_miss_and_is_never_run(cache, folder, tmp_path, caplog):
    cache.put("k", "v")
    with sqlite3.connect(folder / "cache.db") as database:
        payload = pickle.dumps(Bomb(tmp_path / "ran"))
        database.execute("UPDATE Cache SET mode = 4, value = ? WHERE key = 'k'", (payload,))
    database.close()
    assert (cache.get("k"), (tmp_path / "ran").exists()) == (None, False)
    assert "not text" in caplog.text


def test_a_pickle_that_diskcache_itself_wrote_is_a_miss(folder, tmp_path):
    folder.mkdir(mode=0o700)
    with diskcache.Cache(str(folder)) as plain:
        plain.set("k", Bomb(tmp_path / "ran"))
        plain.set(Bomb(tmp_path / "ran"), "v")
    cache = ReplyCache(folder)
    assert (cache.get("k"), (tmp_path / "ran").exists()) == (None, False)
    assert cache.stats().entries == 2
    cache.close()


def test_a_planted_file_name_is_neither_read_nor_deleted(cache, folder, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("secret")
    cache.put("k", "v")
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE Cache SET mode = 3, filename = ? WHERE key = 'k'", (str(victim),))
    database.close()
    assert cache.get("k") is None
    cache.clear()
    assert victim.read_text() == "secret"


@pytest.mark.parametrize("value", [b"bytes", 7, None, ["x"], {"a": 1}])
def test_nothing_but_text_is_kept(cache, value):
    cache.put("k", value)
    assert not isinstance(cache.get("k"), list | dict | int | bytes)


def test_half_a_surrogate_pair_is_not_kept_and_the_cache_goes_on(cache):
    cache.put("k", "\ud800")
    cache.put("l", "v")
    assert (cache.get("k"), cache.get("l")) == (None, "v")


def test_an_old_entry_is_a_miss(folder):
    cache = ReplyCache(folder, ttl=-1)
    cache.put("k", "v")
    assert cache.get("k") is None
    cache.close()


def test_the_oldest_entries_go_when_the_cache_is_full(folder):
    cache = ReplyCache(folder, size_limit=200_000)
    for number in range(100):
        cache.put(str(number), "x" * 10_000)
    assert cache.get("99") is not None
    assert cache.get("0") is None
    assert cache.stats().entries < 60
    cache.close()


def test_stats_count_and_clear_empties(cache):
    cache.put("a", "v")
    cache.put("b", "v")
    assert (cache.stats().entries, cache.stats().working, cache.stats().size > 0) == (2, True, True)
    assert (cache.clear(), cache.stats().entries) == (2, 0)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_corrupt_database_is_worked_without_and_clear_repairs_it(folder, content, caplog):
    folder.mkdir()
    (folder / "cache.db").write_bytes(content)
    cache = ReplyCache(folder)
    cache.put("k", "v")
    assert (cache.get("k"), cache.stats().working) == (None, False)
    assert "without the cache" in caplog.text
    cache.clear()
    cache.put("k", "v")
    assert cache.get("k") == "v"
    cache.close()


def test_a_foreign_database_is_worked_without(folder):
    folder.mkdir()
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("CREATE TABLE Cache (something TEXT)")
    database.close()
    cache = ReplyCache(folder)
    cache.put("k", "v")
    assert cache.get("k") is None
    cache.close()


def test_a_database_that_breaks_while_it_is_used_is_worked_without(cache, folder, caplog):
    cache.put("k", "v")
    cache._cache.close()
    for path in folder.iterdir():
        path.write_bytes(b"\x00garbage" * 1000)
    assert cache.get("k") is None
    cache.put("k", "v")
    assert caplog.records


def test_a_folder_that_cannot_be_made_is_worked_without(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    cache = ReplyCache(tmp_path / "file" / "cache")
    cache.put("k", "v")
    assert (cache.get("k"), cache.clear(), cache.stats().working) == (None, 0, False)
    assert "without the cache" in caplog.text


def test_a_link_in_the_place_of_the_database_is_not_followed(folder, tmp_path):
    folder.mkdir()
    (folder / "cache.db").symlink_to(tmp_path / "elsewhere")
    cache = ReplyCache(folder)
    assert (cache.stats().working, (tmp_path / "elsewhere").exists()) == (False, False)


def test_a_locked_database_is_not_waited_for(folder, monkeypatch):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    ReplyCache(folder).close()
    holder = sqlite3.connect(folder / "cache.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    cache = ReplyCache(folder)
    assert cache.get("k") is None
    holder.close()


def test_nothing_of_a_key_or_a_text_is_logged(folder, caplog):
    caplog.set_level(logging.DEBUG)
    cache = ReplyCache(folder)
    cache.put("key-abc", "secret answer \ud800")
    cache.get("key-abc")
    cache.close()
    assert "secret answer" not in caplog.text


def test_threads_share_the_cache(cache):
    def work(number: int) -> None:
        for turn in range(20):
            cache.put(f"{number}-{turn}", "v")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.stats().entries == 80


def _put_twenty(folder: Path, number: int) -> None:
    cache = ReplyCache(folder)
    for turn in range(20):
        cache.put(f"{number}-{turn}", "v")
    cache.close()


def test_processes_share_the_cache(cache, folder):
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_put_twenty, args=(folder, number)) for number in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
    assert cache.stats().entries == 40
