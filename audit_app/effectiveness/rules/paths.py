"""What each location did in each week, as far as the visits tell (step 4): compliance paths by ordinary kriging.

The best linear prediction of true compliance from all visits of the location, with a free level per location. Its
error is of Berkson's kind (uncorrelated with the prediction), so that a regression on the path is consistent where
one on the raw answers is flattened by 70 to 90 % (regression calibration: Carroll, Ruppert, Stefanski and Crainiceanu
2006). The rotation that makes noise white and signal diagonal lets each component be smoothed by itself.
"""

import numpy as np

from audit_app.effectiveness.rules.facts import Floats, Places
from audit_app.effectiveness.rules.matrix import Matrix
from audit_app.effectiveness.rules.signal import Signal, batches
from audit_app.kit.later import later

linalg = later("scipy.linalg")


ROUNDS = 6
"""Unknown cells are filled by their expectation and smoothed again; errors shrink at least threefold a round."""


def compliance_paths(
    matrix: Matrix, location: Places, week: Places, locations: int, weeks: int, found: Signal
) -> Floats:
    """(S, W, J) deviation of true compliance from the location's level; 0 where a location has fewer than two visits.

    Cells nobody answered are filled with their expectation given everything that was answered, which at the fixed
    point gives exactly the prediction from the answered cells alone (expectations of linear predictors nest).
    """
    items = matrix.z.shape[1]
    fade = (0.5 ** (1 / found.half_life)) ** np.arange(max(weeks, 1) + 1.0)
    turn, back, ratio = _rotation(found)
    # Share of one visit's common noise factor that each answered cell tells: Bartlett's regression score.
    tells = matrix.known * (found.noise_loading / found.noise_own)[None, :]
    common = tells / (1 + (tells * found.noise_loading[None, :]).sum(1))[:, None]
    paths = np.zeros((locations, weeks, items))
    every = np.arange(weeks)
    for batch in batches(location):
        n = batch.rows.shape[1]
        if n < 2:
            continue
        at = week[batch.rows]
        root, vector = np.linalg.eigh(fade[np.abs(at[:, :, None] - at[:, None, :])])
        gain = 1 / (1 + np.maximum(root, 0)[:, :, None] * ratio[None, None, :])
        one = vector.sum(1)[:, :, None]
        z, known, share = matrix.z[batch.rows], matrix.known[batch.rows], common[batch.rows]
        for again in range(ROUNDS if not known.all() else 1):
            turned = vector.transpose(0, 2, 1) @ (z @ turn)
            level = (one * gain * turned).sum(1) / (one**2 * gain).sum(1)
            weight = vector @ (gain * (turned - one * level[:, None, :]))
            if again == ROUNDS - 1 or known.all():
                break
            # In rotated coordinates noise is white, so `weight` is the predicted noise and the rest is level + signal.
            noise = weight @ back
            shared = (share * noise).sum(2)
            expected = z - noise + shared[:, :, None] * found.noise_loading
            z = np.where(known, z, expected)
        far = fade[np.abs(every[None, :, None] - at[:, None, :])]
        paths[batch.locations] = ((far @ weight) * ratio[None, None, :]) @ back
    return paths


def _rotation(found: Signal) -> tuple[Floats, Floats, Floats]:
    """Matrices (J, J) into white noise and diagonal signal and back, and the signal-to-noise ratio of each component."""
    root, vector = np.linalg.eigh(found.noise)
    root = np.maximum(root, 1e-9)
    white = (vector / np.sqrt(root)) @ vector.T
    colour = (vector * np.sqrt(root)) @ vector.T
    ratio, axes = linalg.eigh(white @ found.covariance @ white)
    return white @ axes, axes.T @ colour, np.maximum(ratio, 0)
