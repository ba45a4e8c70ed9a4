"""Planets under gravity: forces as the gradient of the energy, and an orbit aimed by differentiating the whole flight.

A leapfrog of a few hundred steps; then Newton's method on where the probe ends.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, jacobian
from autograd_mini.testing import numerical_gradient

# ---- gravity: NumPy only


def potential_energy(places, masses, softening=1e-3):
    """The energy of all pairs.  (n, 2), (n,) -> ()"""
    i, j = np.triu_indices(len(masses), k=1)
    d = places[i] - places[j]
    r = np.sqrt(np.sum(d**2, axis=1) + softening**2)
    return -np.sum(masses[i] * masses[j] / r)


def accelerations(places, masses, softening=1e-3):
    """Of each body, by every other.  (n, 2), (n,) -> (n, 2)"""
    d = places[np.newaxis, :, :] - places[:, np.newaxis, :]
    r2 = (d**2).sum(axis=-1) + softening**2
    return np.einsum("ijk,ij,j->ik", d, r2**-1.5, masses)


def leapfrog(places, speeds, masses, dt, n):
    """Places and speeds after n steps."""
    a = accelerations(places, masses)
    for _ in range(n):
        speeds = speeds + 0.5 * dt * a
        places = places + dt * speeds
        a = accelerations(places, masses)
        speeds = speeds + 0.5 * dt * a
    return places, speeds


def total_energy(places, speeds, masses):
    """Of motion and of place."""
    return 0.5 * np.sum(masses * np.sum(speeds**2, axis=1)) + potential_energy(places, masses)


def system():
    """A star, a planet, and a probe: places, speeds, masses."""
    places = np.array([[0.0, 0.0], [1.0, 0.0], [-0.5, 0.3]])
    speeds = np.array([[0.0, -0.01], [0.0, 1.0], [0.9, 0.8]])
    masses = np.array([1.0, 0.01, 1e-6])
    return places, speeds, masses


def end_of_probe(launch, time=1.0, n=100):
    """Where the probe is at the end, launched at this speed."""
    places, speeds, masses = system()
    speeds = np.concatenate([speeds[:2], launch[np.newaxis]])
    return leapfrog(places, speeds, masses, time / n, n)[0][2]


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    places, speeds, masses = system()

    def closeness(places, speeds, masses):
        ends, _ = leapfrog(places, speeds, masses, 0.02, 10)
        return np.linalg.norm(ends[2] - ends[1])

    return closeness, (places, speeds, masses)


def main():
    """Compare with differences; forces from energy; aim."""
    f, args = problem()
    gradients = grad(f, argnums=(0, 1, 2))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"closeness {f(*args):.6f}; gradients agree with differences: {off < 1e-6}")

    places, speeds, masses = system()
    forces = -grad(potential_energy)(places, masses)
    same = np.allclose(forces / masses[:, None], accelerations(places, masses))
    print(f"forces are minus the gradient of the energy: {same}")
    later = leapfrog(places, speeds, masses, 0.01, 200)
    drift = total_energy(*later, masses) - total_energy(places, speeds, masses)
    print(f"energy is kept: {abs(drift) < 1e-3}")

    target, launch = np.array([0.1, 1.0]), np.array([0.9, 0.8])
    rounds = 0
    while np.linalg.norm(miss := end_of_probe(launch) - target) > 1e-10 and rounds < 20:
        launch = launch - np.linalg.solve(jacobian(end_of_probe)(launch), miss)
        rounds += 1
    print(f"launched at {launch.round(3)} it arrives, after {rounds} rounds: {np.linalg.norm(miss) <= 1e-10}")


if __name__ == "__main__":
    main()
