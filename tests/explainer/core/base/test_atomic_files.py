import pytest

from explainer.core.base.atomic_files import atomic_file, write_atomically


def test_a_file_appears_whole_and_readable_by_all(tmp_path):
    path = tmp_path / ("n" * 200)
    with atomic_file(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
        file.write(b" and half")
    assert path.read_bytes() == b"half and half"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a"
    write_atomically(path, b"old")
    with pytest.raises(OSError, match="no space"), atomic_file(path) as file:
        file.write(b"new")
        raise OSError("no space left")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
