"""Reading TensorFlow checkpoints (format V2) without TensorFlow.

A checkpoint is an index (``PREFIX.index``) and one or more data files
(``PREFIX.data-00000-of-00001``). The index is a table in LevelDB's format: blocks of
prefix-compressed keys, whose values are ``BundleEntryProto`` messages that say type, shape, place
and checksum of each tensor. Both layers carry CRC-32C checksums, and both are checked.

Sources: ``tensorflow/core/protobuf/tensor_bundle.proto`` and LevelDB's ``doc/table_format.md``.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import Path as ZipPath

import numpy as np

_TABLE_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_BLOCK_TRAILER_BYTES = 5
_UNCOMPRESSED = 0
_LITTLE_ENDIAN = 0
# Numbers of tensorflow.DataType.
_DATA_TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    2: np.dtype("<f8"),
    3: np.dtype("<i4"),
    4: np.dtype("u1"),
    6: np.dtype("i1"),
    9: np.dtype("<i8"),
    10: np.dtype("?"),
    19: np.dtype("<f2"),
}


class CheckpointError(ValueError):
    """A checkpoint that cannot be read; the message says which file and why."""


def read_checkpoint(folder: Path | ZipPath, prefix: str = "") -> dict[str, np.ndarray]:
    """Read all tensors of a checkpoint.

    Parameters
    ----------
    folder : Path or zipfile.Path
        Where the files lie; a folder inside a zip archive (a wheel, say) will do.
    prefix : str
        File name up to ``.index``; empty for files that are called ``.index`` and ``.data-...``.

    Returns
    -------
    dict of str to np.ndarray
        By TensorFlow's variable names.

    Raises
    ------
    CheckpointError
        If a file is missing, damaged, or uses what is not supported: compressed blocks, big-endian
        data, string tensors or partitioned variables.
    """
    index = _read(folder, f"{prefix}.index")
    entries = dict(_table(index))
    header = _message(entries.pop(b"", b""))
    if header.get(2, _LITTLE_ENDIAN) != _LITTLE_ENDIAN:
        raise CheckpointError("the checkpoint was written on a big-endian machine, which is not supported")
    n_shards = int(header.get(1, 1))
    shards = [_read(folder, f"{prefix}.data-{i:05d}-of-{n_shards:05d}") for i in range(n_shards)]
    return {name.decode(): _tensor(name.decode(), entry, shards) for name, entry in entries.items()}


def crc32c(content: bytes) -> int:
    """Return the CRC-32C (Castagnoli) checksum, as iSCSI has it (RFC 3720, appendix B.4)."""
    register = 0xFFFFFFFF
    for byte in content:
        register = (register >> 8) ^ _CRC_TABLE[(register ^ byte) & 0xFF]
    return register ^ 0xFFFFFFFF


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
        table.append(register)
    return tuple(table)


_CRC_TABLE = _crc_table()


def _check(content: bytes, stored: int, what: str) -> None:
    """Compare with a stored checksum, which LevelDB rotates by 15 bits and shifts ("masks")."""
    checksum = crc32c(content)
    masked = (((checksum >> 15) | (checksum << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    if masked != stored:
        raise CheckpointError(
            f"{what} is damaged: its checksum is {masked:08x} instead of {stored:08x}; fetch the file again"
        )


def _read(folder: Path | ZipPath, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except (OSError, KeyError) as error:
        raise CheckpointError(f"there is no file {name!r} in {folder}") from error


def _table(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a LevelDB table."""
    footer = index[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _TABLE_MAGIC:
        raise CheckpointError(
            "the index is not a LevelDB table: is it a checkpoint of TensorFlow's format V2?"
        )
    position = 0
    for _ in range(2):  # where the meta index lies: of no use here
        _, position = _varint(footer, position)
    offset, position = _varint(footer, position)
    size, position = _varint(footer, position)
    for _, handle in _block(index, offset, size):
        block_offset, position = _varint(handle, 0)
        block_size, position = _varint(handle, position)
        yield from _block(index, block_offset, block_size)


def _block(index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of one block; a key shares its beginning with the key before it."""
    block, trailer = (
        index[offset : offset + size],
        index[offset + size : offset + size + _BLOCK_TRAILER_BYTES],
    )
    if len(trailer) < _BLOCK_TRAILER_BYTES:
        raise CheckpointError("the index ends early; fetch the file again")
    compression, checksum = struct.unpack("<BI", trailer)
    _check(block + trailer[:1], checksum, f"the block at byte {offset} of the index")
    if compression != _UNCOMPRESSED:
        raise CheckpointError("the index is compressed (snappy), which is not supported")
    n_restarts = struct.unpack_from("<I", block, size - 4)[0]
    end = size - 4 - 4 * n_restarts
    position, key = 0, b""
    while position < end:
        n_shared, position = _varint(block, position)
        n_own, position = _varint(block, position)
        n_value, position = _varint(block, position)
        key = key[:n_shared] + block[position : position + n_own]
        position += n_own
        yield key, block[position : position + n_value]
        position += n_value


def _tensor(name: str, entry: bytes, shards: list[bytes]) -> np.ndarray:
    """Return the tensor that a BundleEntryProto describes."""
    fields = _message(entry)
    data_type = _DATA_TYPES.get(int(fields.get(1, 0)))
    if data_type is None or 7 in fields:
        raise CheckpointError(f"tensor {name!r} has a type or a partition that is not supported")
    shape = [int(_message(size).get(1, 0)) for number, size in _fields(fields.get(2, b"")) if number == 2]
    shard, offset, size = (int(fields.get(number, 0)) for number in (3, 4, 5))
    content = shards[shard][offset : offset + size]
    if len(content) != size or size != data_type.itemsize * int(np.prod(shape)):
        raise CheckpointError(f"tensor {name!r} is incomplete; fetch the data file again")
    _check(content, int(fields.get(6, 0)), f"tensor {name!r}")
    return np.frombuffer(content, data_type).reshape(shape).copy()


def _message(content: int | bytes) -> dict[int, int | bytes]:
    """Return a protocol buffer's fields by number; of repeated fields the last."""
    return dict(_fields(content))


def _fields(content: int | bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a protocol buffer message: number and value."""
    assert isinstance(content, bytes)
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        number, wire_type = tag >> 3, tag & 7
        value: int | bytes
        if wire_type == 0:
            value, position = _varint(content, position)
        elif wire_type == 1:
            value, position = struct.unpack_from("<Q", content, position)[0], position + 8
        elif wire_type == 2:
            size, position = _varint(content, position)
            value, position = content[position : position + size], position + size
        elif wire_type == 5:
            value, position = struct.unpack_from("<I", content, position)[0], position + 4
        else:
            raise CheckpointError(f"the index holds a message with unknown wire type {wire_type}")
        yield number, value


def _varint(content: bytes, position: int) -> tuple[int, int]:
    """Return the number in base 128 that begins at `position`, and the position after it."""
    number = shift = 0
    while True:
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
