"""A loaded truss by finite elements: where to put material, by the gradient of its compliance.

Each bar adds its stiffness to the places of the two nodes that it joins: assembly by indexed addition, as in any
such program. `like=` says what kind of array to make; on plain numbers it changes nothing.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import grad
from autograd_mini.testing import numerical_gradient

# ---- the truss: NumPy only


def lattice(columns, rows):
    """Nodes on a grid, and bars between neighbours, diagonals too."""
    nodes = np.array([(x, y) for x in range(columns) for y in range(rows)], dtype=float)
    n = len(nodes)
    bars = [(i, j) for i in range(n) for j in range(i + 1, n) if np.abs(nodes[i] - nodes[j]).max() <= 1]
    return nodes, np.array(bars)


def bar_stiffness(start, end, area, modulus=1.0):
    """The stiffness of one bar in the plane, and its length."""
    d = end - start
    length = np.sqrt(np.sum(d**2))
    c = d / length
    block = np.outer(c, c)
    k = modulus * area / length * np.block([[block, -block], [-block, block]])
    return k, length


def assembled(nodes, bars, areas):
    """The stiffness of the whole, and the volume of material."""
    n = 2 * len(nodes)
    stiffness = np.zeros((n, n), like=areas)
    volume = 0.0
    for (i, j), area in zip(bars, areas, strict=True):
        k, length = bar_stiffness(nodes[i], nodes[j], area)
        places = np.array([2 * i, 2 * i + 1, 2 * j, 2 * j + 1])
        stiffness[np.ix_(places, places)] += k
        volume += area * length
    return stiffness, volume


def displacements(nodes, bars, areas, fixed, load):
    """How far each node moves under the load, with some nodes held."""
    stiffness, volume = assembled(nodes, bars, areas)
    free = np.setdiff1d(np.arange(2 * len(nodes)), fixed)
    inner = stiffness[np.ix_(free, free)]
    moved = np.zeros(len(load), like=areas)
    moved[free] = np.linalg.solve(inner, load[free])
    return moved, volume


def compliance(areas, nodes, bars, fixed, load):
    """The work done by the load: less is stiffer."""
    moved, _ = displacements(nodes, bars, areas, fixed, load)
    return load @ moved


def cantilever(columns=4, rows=3):
    """A wall on the left, a weight at the lower right."""
    nodes, bars = lattice(columns, rows)
    fixed = np.flatnonzero(np.repeat(nodes[:, 0] == 0, 2))
    load = np.zeros(2 * len(nodes))
    load[2 * int(np.argmax(nodes[:, 0] - 0.1 * nodes[:, 1])) + 1] = -0.1
    return nodes, bars, fixed, load


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    nodes, bars, fixed, load = cantilever(3, 2)
    areas = 0.5 + 0.1 * np.arange(len(bars))
    return lambda areas, nodes: compliance(areas, nodes, bars, fixed, load), (areas, nodes)


def main():
    """Compare with differences, then move material to where it helps."""
    f, args = problem()
    gradients = grad(f, argnums=(0, 1))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"compliance {f(*args):.6f}; gradients by areas and by places agree with differences: {off < 1e-7}")

    nodes, bars, fixed, load = cantilever()
    areas = np.ones(len(bars))
    lengths = np.linalg.norm(nodes[bars[:, 0]] - nodes[bars[:, 1]], axis=1)
    volume = areas @ lengths
    before = compliance(areas, nodes, bars, fixed, load)
    slope = grad(compliance)
    for _ in range(15):
        # the optimality criterion: every bar does the same work per volume
        work = -slope(areas, nodes, bars, fixed, load) / lengths
        areas = np.maximum(areas * np.sqrt(work / work.max()), 1e-3)
        areas = areas * volume / (areas @ lengths)
    after = compliance(areas, nodes, bars, fixed, load)
    matter = np.sum(areas > 0.1)
    print(f"compliance {before:.4f} -> {after:.4f} with the same volume; {matter} of {len(bars)} bars matter")


if __name__ == "__main__":
    main()
