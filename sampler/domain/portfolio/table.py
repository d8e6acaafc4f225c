"""Rows by id: named columns that grow by doubling, found by sorted search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """What a cell holds before anything is known: its value, and the shape of one cell."""

    start: float = 0.0
    shape: tuple[int, ...] = ()
    dtype: type = np.float64


class Table:
    """`table["spend"]` is the column of all rows, a view to read and to write into. A row keeps its slot until `keep` drops rows."""

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns
        self.ids = np.empty(0, dtype=np.int64)
        self._rank()
        self._cells = {name: _cells(column, 0) for name, column in columns.items()}

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> NDArray:
        return self._cells[name][: len(self.ids)]

    def __setitem__(self, name: str, values: NDArray) -> None:
        self._cells[name][: len(self.ids)] = values

    def add_column(self, name: str, column: Column) -> None:
        self.columns = {**self.columns, name: column}
        self._cells[name] = _cells(column, len(self.ids))

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slot of each id, -1 where there is none."""
        if not len(self.ids):
            return np.full(len(ids), -1)
        at = np.minimum(np.searchsorted(self._ranked, ids), len(self._ranked) - 1)
        return np.where(self._ranked[at] == ids, self._order[at], -1)

    def add(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """New rows for new, different ids, sorted so that no order of rows can matter; their slots."""
        before, after = len(self.ids), len(self.ids) + len(ids)
        self.ids = np.concatenate([self.ids, np.sort(ids)])
        self._rank()
        for name, column in self.columns.items():
            if after > len(self._cells[name]):
                grown = _cells(column, max(after, 2 * len(self._cells[name])))
                grown[:before] = self._cells[name][:before]
                self._cells[name] = grown
        return np.arange(before, after)

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Only the rows of the mask; slots change."""
        for name, column in self.columns.items():
            left = self[name][kept]
            self._cells[name] = _cells(column, len(left))
            self._cells[name][:] = left
        self.ids = self.ids[kept]
        self._rank()

    def copy(self) -> Table:
        return Table.restore(self.columns, self.state())

    def _rank(self) -> None:
        self._order = np.argsort(self.ids, kind="stable")
        self._ranked = self.ids[self._order]

    def state(self) -> dict[str, NDArray]:
        return {"ids": self.ids.copy()} | {name: self[name].copy() for name in self.columns}

    @classmethod
    def restore(cls, columns: dict[str, Column], state: dict[str, NDArray]) -> Table:
        table = cls(columns)
        table.ids = np.array(state["ids"], dtype=np.int64)
        table._rank()
        for name, column in columns.items():
            table._cells[name] = np.asarray(state[name], dtype=column.dtype)
        return table


def _cells(column: Column, rows: int) -> NDArray:
    return np.full((rows, *column.shape), column.start, dtype=column.dtype)
