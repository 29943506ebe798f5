"""Rows of many places over many weeks, and the exact removal of everything constant about a place or a week.

The effects of entities (locations) are swept out by group sums, those of periods (weeks, or region x week) by a small
dense system per connected part of the panel: nothing is iterated, and the matrix of explaining columns is neither
demeaned nor copied. Periods that belong to a region each make regions separate parts by themselves, and so do panels
that fall apart for any other reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.later import later

linalg = later("scipy.linalg")
sparse = later("scipy.sparse")
csgraph = later("scipy.sparse.csgraph")


Labels = npt.NDArray[np.int32]
CHUNK = 32768
"""Rows worked on at a time: few enough to need little memory, many enough that threads seldom wait for each other."""
MANY_PERIODS = 1500
"""From here on the smaller side is solved for, whichever it is."""


class CannotEstimate(BadInput):
    """These data cannot answer the question."""

    code = "cannot_estimate"


def codes(labels: npt.ArrayLike, kept: Flags | None = None) -> tuple[Labels, int]:
    """Numbers 0, 1, 2, … for the labels that occur in the kept rows (0 elsewhere), and how many there are."""
    given = np.asarray(labels)
    if given.dtype.kind in "iu" and len(given) and given.min() >= 0 and given.max() <= 4 * len(given) + 1000:
        there = np.bincount(given if kept is None else given[kept], minlength=int(given.max()) + 1) > 0
        number = np.cumsum(there) - 1
        return (number * there)[given].astype(np.int32), int(there.sum())
    if kept is None:
        values, code = np.unique(given, return_inverse=True)
        return code.reshape(-1).astype(np.int32), len(values)
    values, inner = np.unique(given[kept], return_inverse=True)
    spread: Labels = np.zeros(len(given), np.int32)
    spread[kept] = inner.reshape(-1)
    return spread, len(values)


def not_alone(entity: Labels, period: Labels | None, kept: Flags) -> Flags:
    """Kept rows without those that are alone in their entity or period: they fit themselves and say nothing.

    Correia (2015), "Singletons, cluster-robust standard errors and fixed effects": counting them makes errors too small.
    """
    while True:
        alone = np.bincount(entity, weights=kept)[entity] == 1
        if period is not None:
            alone |= np.bincount(period, weights=kept)[period] == 1
        if not (alone & kept).any():
            return kept
        kept = kept & ~alone


class Groups:
    """Sums of rows by group."""

    def __init__(self, code: Labels, count: int, kept: Flags | None) -> None:
        self.code, self.count = code, count
        inside = code if kept is None else code[kept]
        if (inside[1:] >= inside[:-1]).all():
            order = np.arange(len(inside), dtype=np.int32)
        else:
            order = np.argsort(inside, kind="stable").astype(np.int32)
        self.rows: Labels = order if kept is None else np.flatnonzero(kept).astype(np.int32)[order]
        self.starts: Labels = np.concatenate(([0], np.cumsum(np.bincount(inside, minlength=count)))).astype(
            np.int32
        )

    def sums(self, x: Floats, weights: Floats | None = None) -> Floats:
        """Group x column sums of the weighted rows."""
        w = np.ones(len(self.rows)) if weights is None else weights[self.rows]
        by = sparse.csr_matrix((w, self.rows, self.starts), shape=(self.count, len(self.code)))
        return np.asarray(by @ x, dtype=np.float64)


@dataclass(frozen=True)
class Block:
    """A connected part: its range of entities and of periods, and where its cells begin."""

    entities: slice
    periods: slice
    cells: slice
    dense: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Entities x periods."""
        return self.entities.stop - self.entities.start, self.periods.stop - self.periods.start


@dataclass(frozen=True)
class Swept:
    """Weights of the panel turned into what removes the effects: one factor per block."""

    weights: Floats | None
    mass: Floats
    """(S,) weight of each entity."""
    shares: tuple[Any, ...]
    """Per block, the share of an entity's weight that falls on each period."""
    factors: tuple[Any, ...]
    """Per block, the Cholesky factor of the periods' system without its first period; None for a single period."""


class Panel:
    """The rows' places and weeks. Entities and periods are renumbered so that each block's stand together."""

    def __init__(
        self,
        entity: npt.ArrayLike,
        period: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
        keep: Flags | None = None,
    ) -> None:
        first = np.asarray(entity)
        self.rows = len(first)
        for other in (period, cluster, keep):
            if other is not None and len(np.asarray(other)) != self.rows:
                raise CannotEstimate(_("The columns are not equally long."))
        e = codes(first)[0]
        p = None if period is None else codes(period)[0]
        self._given = (e, p, None if cluster is None else codes(cluster)[0])
        kept = not_alone(e, p, np.ones(self.rows, bool) if keep is None else np.asarray(keep, bool))
        if not kept.any():
            raise CannotEstimate(
                _("Nothing can be compared: every place or every period stands in one row only.")
            )
        self.kept: Flags | None = None if kept.all() else kept
        self.n = int(kept.sum())
        e, entities = codes(e, self.kept)
        p, periods = (None, 0) if p is None else codes(p, self.kept)
        self.swapped = p is not None and periods > entities and periods > MANY_PERIODS
        if self.swapped:
            assert p is not None
            e, p, entities, periods = p, e, periods, entities
        self.blocks: tuple[Block, ...] = ()
        self.cell: npt.NDArray[np.int64] | None = None
        if p is not None:
            e, p = self._arrange(e, p, entities, periods)
        self.entities = Groups(e, entities, self.kept)
        self.periods = None if p is None else Groups(p, periods, self.kept)
        if cluster is None:
            self.clusters = self.periods if self.swapped and self.periods is not None else self.entities
        else:
            c, count = codes(cluster, self.kept)
            self.clusters = Groups(c, count, self.kept)
        if self.clusters.count < 2:
            raise CannotEstimate(_("At least two clusters are needed to tell chance from effect."))
        self.entities_nested = self._nested(self.entities)
        self.periods_nested = self.periods is not None and self._nested(self.periods)

    def only(self, mask: Flags) -> "Panel":
        """The same panel without the rows outside the mask."""
        entity, period, cluster = self._given
        return Panel(entity, period, cluster, mask if self.kept is None else mask & self.kept)

    def _arrange(self, e: Labels, p: Labels, entities: int, periods: int) -> tuple[Labels, Labels]:
        """Find the connected blocks and number their entities and periods one block after the other."""
        es, ps = (e, p) if self.kept is None else (e[self.kept], p[self.kept])
        edges = sparse.coo_matrix(
            (np.ones(len(es), np.int8), (es, ps + entities)), shape=(entities + periods, entities + periods)
        )
        count, part = csgraph.connected_components(edges, directed=False)
        new_e, new_p = np.empty(entities, np.int32), np.empty(periods, np.int32)
        new_e[np.argsort(part[:entities], kind="stable")] = np.arange(entities, dtype=np.int32)
        new_p[np.argsort(part[entities:], kind="stable")] = np.arange(periods, dtype=np.int32)
        ends_e = np.cumsum(np.bincount(part[:entities], minlength=count))
        ends_p = np.cumsum(np.bincount(part[entities:], minlength=count))
        sizes = np.diff(ends_e, prepend=0) * np.diff(ends_p, prepend=0)
        if (sizes > 4 * len(es) + 1_000_000).any() or sizes.sum() > 8 * len(es) + 4_000_000:
            dense, starts = False, np.zeros(count + 1, np.int64)
        else:
            dense, starts = True, np.concatenate(([0], np.cumsum(sizes)))
        widths = np.diff(ends_p, prepend=0)
        if widths.max() > 20_000:
            raise CannotEstimate(_("There are too many places and too many periods for an exact answer."))
        self.blocks = tuple(
            Block(
                slice(int(e0), int(e1)), slice(int(p0), int(p1)), slice(int(starts[b]), int(starts[b + 1])), dense
            )
            for b, (e0, e1, p0, p1) in enumerate(
                zip(ends_e - np.diff(ends_e, prepend=0), ends_e, ends_p - widths, ends_p, strict=True)
            )
        )  # fmt: skip
        blocks_of_e = part[:entities][e]
        e, p = new_e[e], new_p[p]
        if dense:
            first_e, first_p = ends_e - np.diff(ends_e, prepend=0), ends_p - widths
            # Rows that are not kept carry no weight; any valid cell will do for them.
            inside_p = np.clip(p - first_p[blocks_of_e], 0, widths[blocks_of_e] - 1)
            self.cell = starts[blocks_of_e] + (e - first_e[blocks_of_e]) * widths[blocks_of_e] + inside_p
        return e, p

    def _nested(self, groups: Groups) -> bool:
        """Whether each group lies wholly inside one cluster."""
        if groups is self.clusters:
            return True
        one = self.clusters.code[groups.rows[groups.starts[:-1]]]
        return bool((one[groups.code[groups.rows]] == self.clusters.code[groups.rows]).all())

    @cached_property
    def effects(self) -> int:
        """Effects counted in K by fixest's rule: those nested in the cluster share one."""
        sizes = [(self.entities.count, self.entities_nested)]
        if self.periods is not None:
            sizes.append((self.periods.count, self.periods_nested))
        whole = sum(size for size, _nested in sizes) - (len(sizes) - 1)
        nested = [size for size, inside in sizes if inside]
        return whole - sum(size - 1 for size in nested)

    def weights(self, given: Floats | None) -> Floats | None:
        """Weights of all rows, nothing on rows that are not kept; None where all count the same."""
        if self.kept is None:
            return given
        return self.kept.astype(np.float64) if given is None else np.where(self.kept, given, 0.0)

    def cells(self, values: Floats | None) -> list[Any]:
        """Sums by entity and period, one matrix per block (dense, or sparse where the panel has many holes)."""
        assert self.periods is not None
        if self.cell is not None:
            flat = np.bincount(self.cell, weights=values, minlength=self.blocks[-1].cells.stop)
            return [flat[b.cells].reshape(b.shape).astype(np.float64, copy=False) for b in self.blocks]
        v = np.ones(self.rows) if values is None else values
        whole = sparse.csr_matrix(
            (v, (self.entities.code, self.periods.code)), shape=(self.entities.count, self.periods.count)
        )
        return [whole[b.entities, b.periods] for b in self.blocks]

    def sweep(self, weights: Floats | None) -> Swept:
        """What removes both effects under these weights (zero on rows that are not kept)."""
        mass = np.bincount(self.entities.code, weights=weights, minlength=self.entities.count).astype(
            np.float64
        )
        if self.periods is None:
            return Swept(weights, mass, (), ())
        shares, factors = [], []
        for block, c in zip(self.blocks, self.cells(weights), strict=True):
            n = mass[block.entities]
            if block.dense:
                share = c / n[:, None]
                system = -(c.T @ share)
                system[np.diag_indices_from(system)] += c.sum(0)
            else:
                share = sparse.csr_matrix(c.multiply(1 / n[:, None]))
                system = -(c.T @ share).toarray()
                system[np.diag_indices_from(system)] += np.asarray(c.sum(0)).ravel()
            shares.append(share)
            factors.append(
                linalg.cho_factor(system[1:, 1:], check_finite=False, overwrite_a=True)
                if len(system) > 1
                else None
            )
        return Swept(weights, mass, tuple(shares), tuple(factors))

    def effects_of(self, swept: Swept, by_entity: Floats, by_period: Floats | None) -> tuple[Floats, Floats | None, Floats | None]:  # fmt: skip
        """Entity effects, period effects and the periods' right-hand sides, from weighted sums of rows."""
        if self.periods is None or by_period is None:
            return by_entity / swept.mass[:, None], None, None
        right, effect = by_period.copy(), np.zeros_like(by_period)
        a = by_entity / swept.mass[:, None]
        for block, share, factor in zip(self.blocks, swept.shares, swept.factors, strict=True):
            right[block.periods] -= share.T @ by_entity[block.entities]
            if factor is not None:
                inner = slice(block.periods.start + 1, block.periods.stop)
                effect[inner] = linalg.cho_solve(factor, right[inner], check_finite=False)
                a[block.entities] -= share @ effect[block.periods]
        return a, effect, right

    def spread(self, a: Floats, p: Floats | None) -> Floats:
        """Effects laid over the rows again."""
        rows = a[self.entities.code]
        if p is not None and self.periods is not None:
            rows += p[self.periods.code]
        return rows

    def residuals(self, y: Floats, swept: Swept) -> Floats:
        """(N, q) values without entity and period effects."""
        w = swept.weights
        by_e = self._narrow(self.entities, y, w)
        by_p = None if self.periods is None else self._narrow(self.periods, y, w)
        a, p, _right = self.effects_of(swept, by_e, by_p)
        return np.asarray(y - self.spread(a, p))

    @staticmethod
    def _narrow(groups: Groups, y: Floats, w: Floats | None) -> Floats:
        """Sums of a few columns: counting beats the sparse product there."""
        return np.column_stack(
            [
                np.bincount(
                    groups.code, weights=y[:, k] if w is None else y[:, k] * w, minlength=groups.count
                )
                for k in range(y.shape[1])
            ]
        )

    def by_cluster(self, x: Floats, values: Floats, a: Floats, p: Floats | None) -> Floats:
        """(G, J) sums of values times the columns without their effects (a, p); values sum to 0 in entity and period."""
        total = self.clusters.sums(x, values)
        if not self.entities_nested:
            total -= self._cross(values, self.entities) @ a
        if p is not None and self.periods is not None and not self.periods_nested:
            if self.clusters is self.entities and self.cell is not None:
                for block, e in zip(self.blocks, self.cells(values), strict=True):
                    total[block.entities] -= e @ p[block.periods]
            else:
                total -= self._cross(values, self.periods) @ p
        return total

    def _cross(self, values: Floats, groups: Groups) -> Any:
        """Sums of values by cluster and group, sparse."""
        v = values if self.kept is None else np.where(self.kept, values, 0.0)
        return sparse.csr_matrix(
            (v, (self.clusters.code, groups.code)), shape=(self.clusters.count, groups.count)
        )


def gram(x: Floats, weights: Floats | None, less: Callable[[slice], Floats] | Floats) -> Floats:
    """X'WX of the columns minus `less` (their means, or what belongs to each chunk of rows), chunk by chunk."""
    total = np.zeros((x.shape[1], x.shape[1]), order="F")
    for start in range(0, len(x), CHUNK):
        rows = slice(start, min(start + CHUNK, len(x)))
        part = x[rows] - (less(rows) if callable(less) else less)
        if weights is not None:
            part *= np.sqrt(weights[rows])[:, None]
        total = linalg.blas.dsyrk(1.0, part.T, beta=1.0, c=total, trans=0, lower=0, overwrite_c=1)
    return np.triu(total) + np.triu(total, 1).T
