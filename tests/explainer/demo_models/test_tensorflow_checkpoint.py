"""The checkpoint reader, on checkpoints written here byte by byte from the format's description."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.demo_models.tensorflow_checkpoint import CheckpointError, crc32c, read_checkpoint

MAGIC = 0xDB4775248B80FB57


def varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def masked(content: bytes) -> int:
    checksum = crc32c(content)
    return (((checksum >> 15) | (checksum << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def block(items: list[tuple[bytes, bytes]], compression: int = 0) -> bytes:
    content, previous = b"", b""
    for key, value in items:
        shared = next(
            (i for i, (a, b) in enumerate(zip(previous, key, strict=False)) if a != b),
            min(len(previous), len(key)),
        )
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        previous = key
    content += struct.pack("<II", 0, 1)
    trailer = bytes([compression])
    return content + trailer + struct.pack("<I", masked(content + trailer))


def write(folder, tensors: dict[str, np.ndarray], compression: int = 0) -> None:
    data, items = b"", [(b"", field(1, 1))]
    for name in sorted(tensors):
        raw = tensors[name].tobytes()
        shape = b"".join(field(2, field(1, size)) for size in tensors[name].shape)
        kind = {"<f4": 1, "<i8": 9}[tensors[name].dtype.str]
        checksum = varint(6 << 3 | 5) + struct.pack("<I", masked(raw))
        items.append(
            (
                name.encode(),
                field(1, kind) + field(2, shape) + field(4, len(data)) + field(5, len(raw)) + checksum,
            )
        )
        data += raw
    first = block(items, compression)
    size = len(first) - 5
    index = block([(b"zzz", varint(0) + varint(size))])
    handles = varint(0) + varint(0) + varint(len(first)) + varint(len(index) - 5)
    (folder / ".index").write_bytes(first + index + handles.ljust(40, b"\0") + struct.pack("<Q", MAGIC))
    (folder / ".data-00000-of-00001").write_bytes(data)


TENSORS = {
    "conv/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "conv/bias": np.array([1.5, -2], dtype=np.float32),
    "global_step": np.array(7, dtype=np.int64),
}


def test_reads_back_names_shapes_types_and_values(tmp_path):
    write(tmp_path, TENSORS)
    read = read_checkpoint(tmp_path)
    assert set(read) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert read[name].dtype == tensor.dtype
        np.testing.assert_array_equal(read[name], tensor)


def test_published_checksums():
    # RFC 3720, appendix B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"123456789") == 0xE3069283


@given(position=st.integers(0, 24 * 4 + 8 + 8 - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_in_the_data_is_noticed(tmp_path_factory, position, bit):
    folder = tmp_path_factory.mktemp("checkpoint")
    write(folder, TENSORS)
    content = bytearray((folder / ".data-00000-of-00001").read_bytes())
    content[position] ^= 1 << bit
    (folder / ".data-00000-of-00001").write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(folder)


def test_a_damaged_index_is_noticed(tmp_path):
    write(tmp_path, TENSORS)
    content = bytearray((tmp_path / ".index").read_bytes())
    content[20] ^= 1
    (tmp_path / ".index").write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(tmp_path)


def test_what_cannot_be_read_is_refused_in_words(tmp_path):
    with pytest.raises(CheckpointError, match=r"no file '\.index'"):
        read_checkpoint(tmp_path)
    write(tmp_path, TENSORS, compression=1)
    with pytest.raises(CheckpointError, match="compressed"):
        read_checkpoint(tmp_path)
    (tmp_path / ".index").write_bytes(b"not a table" * 10)
    with pytest.raises(CheckpointError, match="V2"):
        read_checkpoint(tmp_path)
    write(tmp_path, TENSORS)
    (tmp_path / ".data-00000-of-00001").write_bytes(b"short")
    with pytest.raises(CheckpointError, match="incomplete"):
        read_checkpoint(tmp_path)
