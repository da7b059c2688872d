"""Published figures of two-level models, for comparison.

Chowdhury, Vall, Haunschmid, Widmer. "Towards explainable music emotion recognition: the route via
mid-level features." ISMIR 2019, arXiv:1907.03572. Rows are mid-level features, columns emotions.
"""

import numpy as np

MID_LEVEL = (
    "melodiousness",
    "articulation",
    "rhythm_complexity",
    "rhythm_stability",
    "dissonance",
    "tonal_stability",
    "minorness",
)
EMOTIONS = ("valence", "energy", "tension", "anger", "fear", "happy", "sad", "tender")

# Weights of the second level of the jointly trained network.
WEIGHTS = np.array(
    [
        [0.48, 0.10, -0.36, -0.14, -0.39, -0.01, 0.01, 0.47],
        [-0.04, 0.44, 0.24, 0.25, 0.01, 0.18, -0.54, -0.20],
        [0.27, 0.28, 0.38, 0.11, 0.11, 0.37, 0.11, -0.03],
        [0.06, 0.04, -0.30, -0.21, -0.24, -0.16, 0.36, 0.08],
        [-0.31, 0.03, 0.05, 0.18, 0.57, -0.46, -0.14, 0.01],
        [0.19, -0.26, 0.21, -0.19, 0.24, 0.42, 0.10, 0.37],
        [-0.01, -0.17, 0.47, 0.15, 0.28, -0.41, 0.27, -0.01],
    ]
)

# Pearson correlations between annotated mid-level features and annotated emotions.
CORRELATIONS = np.array(
    [
        [0.88, -0.36, -0.83, -0.72, -0.87, 0.53, 0.39, 0.66],
        [-0.52, 0.84, 0.63, 0.55, 0.43, 0.07, -0.62, -0.66],
        [-0.70, 0.72, 0.74, 0.61, 0.63, -0.11, -0.63, -0.65],
        [0.56, 0.25, -0.41, -0.28, -0.56, 0.63, -0.10, 0.22],
        [-0.87, 0.49, 0.86, 0.76, 0.85, -0.42, -0.50, -0.69],
        [0.85, -0.36, -0.79, -0.60, -0.80, 0.45, 0.39, 0.63],
        [-0.52, -0.25, 0.41, 0.43, 0.58, -0.73, 0.16, -0.19],
    ]
)
