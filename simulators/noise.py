"""Random numbers that are a function of (who, when, what) instead of a stream.

A reading of a virtual sensor must not depend on which other sensors were computed with it, on the length of a step or
on the speed of the clock. So nothing here has a state: each number is a hash of a key (uint64), a tick (int64) and a
salt. The same seed gives the same bytes whatever the order of the questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31 = np.uint64(27), np.uint64(30), np.uint64(31)
_LOW16 = np.uint64(0xFFFF)


def key(seed: int, *names: str) -> int:
    """64-bit key of a named thing under a seed; stable over processes and versions of Python."""
    digest = hashlib.blake2b("/".join((str(seed), *names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def keys(seed: int, names: Iterable[str]) -> Keys:
    """Keys of many things, shape (n,)."""
    return np.array([key(seed, name) for name in names], dtype=np.uint64)


def _scramble(x: Keys) -> Keys:
    """Finish a hash (splitmix64): every input bit reaches every output bit."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    out: Keys = x ^ (x >> _S31)
    return out


def bits(who: Keys, when: Ticks | int, what: int) -> Keys:
    """64 random bits for each (who, when), of a kind ``what``; shapes broadcast."""
    with np.errstate(over="ignore"):
        tick = np.asarray(when, dtype=np.int64).astype(np.uint64)
        salt = np.uint64((what * 0xD1342543DE82EF95 + 0x63) & 0xFFFFFFFFFFFFFFFF)
        return _scramble(_scramble(who ^ salt) + (tick + np.uint64(1)) * _GOLDEN)


def uniform(who: Keys, when: Ticks | int, what: int) -> Floats:
    """Uniform in [0, 1)."""
    return (bits(who, when, what) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(who: Keys, when: Ticks | int, what: int) -> Floats:
    """Mean 0, deviation 1, bell-shaped and bounded by ±3.47: the sum of four 16-bit uniforms."""
    raw = bits(who, when, what)
    total = (raw & _LOW16) + ((raw >> np.uint64(16)) & _LOW16)
    total = total + ((raw >> np.uint64(32)) & _LOW16) + (raw >> np.uint64(48))
    out: Floats = (total.astype(np.float64) / 65536.0 - 2.0 + 2.0 / 65536.0) * np.sqrt(3.0)
    return out


class Drift:
    """AR(1) noise shared by all sensors of a zone: deviation 1, correlation falls by e in ``tau_s`` seconds.

    The innovations are hashes on a lattice of ``tau_s / 8`` and the recursion is written out as its (finite) sum, so
    that any moment can be asked for; between lattice points the value is interpolated.
    """

    def __init__(self, who: Keys, what: int, tau_s: float) -> None:
        self._who = who
        self._what = what
        self._lattice_us = int(tau_s / 8 * 1e6)
        phi = float(np.exp(-1 / 8))
        self._weights = phi ** np.arange(48) * np.sqrt(1 - phi**2)
        self._first = 0
        self._table: Floats = np.empty((0, len(who)))

    def at(self, zone: NDArray[np.intp], t_us: Ticks) -> Floats:
        """Value for each (index of a zone, time); both shape (n,), result (n,)."""
        if len(t_us) == 0:
            return np.empty(0)
        tick, rest = np.divmod(t_us, self._lattice_us)
        self._cover(int(tick.min()), int(tick.max()) + 1)
        share = rest / self._lattice_us
        row = tick - self._first
        out: Floats = self._table[row, zone] * (1 - share) + self._table[row + 1, zone] * share
        return out

    def _cover(self, first: int, last: int) -> None:
        """Have the table span lattice points first to last; consecutive steps mostly find it there."""
        if first >= self._first and last < self._first + len(self._table):
            return
        depth = len(self._weights)
        span = last - first + 1
        ticks = np.arange(first - depth + 1, last + 1, dtype=np.int64)
        innovations = normal(self._who[None, :], ticks[:, None], self._what)
        table = np.zeros((span, len(self._who)))
        for back, weight in enumerate(self._weights):
            start = depth - 1 - back
            table += weight * innovations[start : start + span]
        self._first, self._table = first, table
