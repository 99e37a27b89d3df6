"""Files are replaced whole, lines are written whole, and a lock dies with its process."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import LockedError
from letters.files import TEMPORARY, LineFile, Lock, append_line, make_folder, replace_file


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A child process that runs this code."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def leftovers(folder: Path) -> list[Path]:
    return sorted(folder.glob(TEMPORARY))


# --- replace_file ----------------------------------------------------------------------------------------


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    assert replace_file(path, "grüße")
    assert path.read_bytes() == "grüße".encode()
    assert leftovers(path.parent) == []


def test_a_file_with_the_same_content_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    replace_file(path, b"same")
    os.utime(path, (1, 1))
    assert not replace_file(path, "same")
    assert path.stat().st_mtime == 1


def test_other_content_of_the_same_size_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    replace_file(path, "one")
    assert replace_file(path, "two")
    assert path.read_text() == "two"


@given(
    old=st.none() | st.binary(max_size=200),
    new=st.binary(max_size=200) | st.text(max_size=100).filter(str.isascii),
)
def test_afterwards_the_file_holds_the_content_and_a_second_time_writes_nothing(
    old: bytes | None, new: bytes | str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        if old is not None:
            path.write_bytes(old)
        content = new.encode() if isinstance(new, str) else new
        assert replace_file(path, new) == (old != content)
        assert path.read_bytes() == content
        assert not replace_file(path, new)
        assert [entry.name for entry in Path(folder).iterdir()] == ["file"]


def test_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    replace_file(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("content", ["old", "new"])
def test_permissions_asked_for_are_set_even_when_the_content_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o644)
    replace_file(path, content, mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_gets_the_permissions_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        replace_file(tmp_path / "a.txt", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


KILLED_BEFORE = """
import os, signal, sys
from pathlib import Path
from letters.files import replace_file
real = getattr(os, sys.argv[2])
def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], die)
replace_file(Path(sys.argv[1]), "new" * 100_000)
"""


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_killed_before_the_end_leaves_the_old_file_and_a_recognisable_leftover(
    tmp_path: Path, step: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    assert run(KILLED_BEFORE, path, step).returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert len(leftovers(tmp_path)) == 1
    assert replace_file(path, "new")
    assert path.read_text() == "new"


REWRITES_FOR_EVER = """
import sys
from pathlib import Path
from letters.files import replace_file
print("ready", flush=True)
while True:
    replace_file(Path(sys.argv[1]), "a" * 300_000)
    replace_file(Path(sys.argv[1]), "b" * 300_000)
"""


def test_a_reader_sees_whole_files_only_also_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    whole = {"a" * 300_000, "b" * 300_000}
    replace_file(path, "a" * 300_000)
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", REWRITES_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            for _ in range(20):
                assert path.read_text() in whole
            child.kill()
        assert path.read_text() in whole


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(OSError):
        replace_file(path, "new")
    assert leftovers(tmp_path) == []


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert replace_file(tmp_path / "link", "new")
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "old"


def test_making_a_folder_twice_is_making_it_once(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


# --- append_line -----------------------------------------------------------------------------------------


def test_lines_are_added_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "one"
    append_line(path, "first")
    append_line(path, "zweite ä")
    assert path.read_text(encoding="utf-8") == "first\nzweite ä\n"


@pytest.mark.parametrize("line", ["a\nb", "a\n", "\r"])
def test_a_line_with_a_line_break_inside_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="holds a line break"):
        append_line(tmp_path / "journal", line)
    assert not (tmp_path / "journal").exists()


def test_a_line_after_a_torn_one_begins_on_its_own(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("whole\nto")
    append_line(path, "next")
    assert path.read_text() == "whole\nto\nnext\n"


def test_lines_of_several_processes_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    code = "import sys; from pathlib import Path; from letters.files import append_line\n"
    code += "for n in range(200): append_line(Path(sys.argv[1]), sys.argv[2] * 500)"
    children = [subprocess.Popen([sys.executable, "-c", code, str(path), letter]) for letter in "ab"]
    assert [child.wait() for child in children] == [0, 0]
    lines = path.read_text().splitlines()
    assert sorted(lines) == ["a" * 500] * 200 + ["b" * 500] * 200


def test_a_line_that_does_not_fit_is_an_error_and_not_silence(tmp_path: Path) -> None:
    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    code = "import sys; from pathlib import Path; from letters.files import append_line\n"
    code += "append_line(Path(sys.argv[1]), 'x' * 100)"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path / "journal")],
        preexec_fn=fill,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "only 10 of 101 bytes were written; is the disk full?" in done.stderr


# --- Lock ------------------------------------------------------------------------------------------------


def test_a_lock_is_refused_while_another_holds_it_and_the_holder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "var" / "letters.lock"
    with (
        Lock(path),
        pytest.raises(
            LockedError, match=f'"{path}" is held by process {os.getpid()}; wait for it to end, or stop it'
        ),
        Lock(path),
    ):
        pass


def test_a_lock_can_be_taken_again_after_the_block_even_if_that_raised(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    with pytest.raises(RuntimeError), lock:
        raise RuntimeError
    with lock:
        assert lock.held
    assert not lock.held


def test_entering_the_same_lock_twice_is_refused_and_keeps_it_held(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    with lock:
        with pytest.raises(LockedError, match="by this process already"):
            lock.__enter__()
        with pytest.raises(LockedError), Lock(tmp_path / "lock"):
            pass


HOLDS = """
import sys, time
from pathlib import Path
from letters.files import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_death_of_a_process_frees_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(LockedError, match=f"process {child.pid}"), Lock(path):
            pass
        child.kill()
        child.wait()
        with Lock(path):
            assert path.read_text() == f"{os.getpid()}\n"


def test_a_lock_that_waits_gets_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = "import sys; from pathlib import Path; from letters.files import Lock\n"
    code += "print('waiting', flush=True)\nwith Lock(Path(sys.argv[1]), wait=True): print('mine')"
    with Lock(path):
        child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.05)
        assert child.poll() is None
    assert child.communicate()[0] == "mine\n"


# --- LineFile --------------------------------------------------------------------------------------------


def test_a_line_file_adds_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal"
    for words in (("first",), ("zweite ä", "third")):
        file = LineFile(path)
        for word in words:
            file.append(word)
        file.close()
        file.close()
    assert path.read_text() == "first\nzweite ä\nthird\n"
    assert str(file) == str(path)


@pytest.mark.parametrize("line", ["a\nb", "a\rb"])
def test_a_line_file_takes_one_line_at_a_time(tmp_path: Path, line: str) -> None:
    file = LineFile(tmp_path / "journal")
    with pytest.raises(ValueError, match="line break"):
        file.append(line)
    file.close()


def test_a_line_begins_on_its_own_after_one_that_ended_short(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("tor")
    file = LineFile(path)
    file.append("next")
    # RLIMIT_FSIZE makes the write end short, as a full disk does.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    usual = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 4, hard))
    try:
        with pytest.raises(OSError, match="only 4 of 11 bytes were written"):
            file.append("0123456789")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, usual)
    file.append("after")
    file.close()
    assert path.read_text() == "tor\nnext\n0123\nafter\n"
