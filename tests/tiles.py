"""A PMTiles archive of one vector tile: a road and water around Bắc Giang, in the schema of Protomaps."""

from __future__ import annotations

import gzip
import json
import struct

#: The whole world is one tile at zoom 0, of 4096 by 4096.
_EXTENT = 4096


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def _field(number: int, of: bytes | int) -> bytes:
    if isinstance(of, int):
        return _varint(number << 3) + _varint(of)
    return _varint(number << 3 | 2) + _varint(len(of)) + of


def _zigzag(n: int) -> int:
    return (n << 1) ^ (n >> 31)


def _geometry(points: list[tuple[int, int]], close: bool) -> bytes:
    words, x, y = [1 | 1 << 3], 0, 0
    for n, (px, py) in enumerate(points):
        if n == 1:
            words.append(2 | (len(points) - 1) << 3)
        words += [_zigzag(px - x), _zigzag(py - y)]
        x, y = px, py
    return b"".join(map(_varint, [*words, *([15] if close else [])]))


def _layer(name: str, kind: str, shape: int, points: list[tuple[int, int]]) -> bytes:
    feature = _field(2, _varint(0) + _varint(0)) + _field(3, shape) + _field(4, _geometry(points, shape == 3))
    value = _field(1, kind.encode())
    return _field(
        3,
        _field(15, 2) + _field(1, name.encode()) + _field(2, feature) + _field(3, b"kind") + _field(4, value)
        + _field(5, _EXTENT),
    )  # fmt: skip


def tile() -> bytes:
    """The tile: 106.15° E, 21.27° N is about (3256, 1802)."""
    road = _layer("roads", "major_road", 2, [(3255, 1802), (3258, 1802)])
    return road + _layer("water", "river", 3, [(3255, 1801), (3258, 1801), (3258, 1803), (3255, 1801)])


def archive() -> bytes:
    """The file, of version 3."""
    data = gzip.compress(tile(), mtime=0)
    # One entry: tile 0, length, offset + 1, run of one.
    root = gzip.compress(b"".join(map(_varint, [1, 0, 1, len(data), 1])), mtime=0)
    layers = [{"id": name, "fields": {"kind": "String"}} for name in ("roads", "water")]
    meta = gzip.compress(json.dumps({"vector_layers": layers, "attribution": "Đường phố thử"}).encode(), mtime=0)
    at = 127
    places = []
    for part in (root, meta, b"", data):
        places += [at, len(part)]
        at += len(part)
    head = b"PMTiles\x03" + struct.pack("<8Q", *places) + struct.pack("<3Q", 1, 1, 1)
    # Clustered, gzip inside, gzip tiles, vector tiles, zoom 0 to 0, bounds and middle in 1e-7 degrees.
    head += struct.pack("<BBBBBB", 1, 2, 2, 1, 0, 0)
    head += struct.pack("<4i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000) + struct.pack("<Bii", 0, 0, 0)
    return head + root + meta + data
