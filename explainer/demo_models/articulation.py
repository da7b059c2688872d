"""Descriptors of articulation (how notes end), computed differentiably from a log spectrogram.

Staccato and legato differ in where between two onsets the level falls, independently of tempo. So time is
measured in inter-onset intervals: every frame has a *place* between the onsets around it, from 1 just after
one to 0 just before the next, and falls and levels are summed by place. Two further measures do without
onsets: how much of its recent maximum a pitch keeps, and how long it lasts.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .descriptor_weights import overlapping_groups

_TINY = 1e-4
# A steeper fall per frame than this (1.6 dB) is the end of a note rather than its natural decay.
_STEEP = 0.08


class Places(nn.Module):
    """Soft positions of each frame between the onsets around it, for several time constants."""

    n_places = 6
    # Time constants in frames before and after an onset: .1 s for fast notes to .6 s for slow ones.
    memories = (3.0, 8.0, 20.0)
    memory_reach = 64

    kernels: Tensor
    places: Tensor

    def __init__(self) -> None:
        super().__init__()
        decay = torch.exp(-torch.arange(self.memory_reach) / torch.tensor(self.memories)[:, None])
        self.register_buffer("kernels", decay[:, None], persistent=False)
        self.register_buffer("places", torch.linspace(0, 1, self.n_places), persistent=False)

    def forward(self, rises: Tensor) -> Tensor:
        """Return each frame's membership in places between the onsets of each curve.

        Parameters
        ----------
        rises : Tensor [shape=(n, n_frames, n_curves)]

        Returns
        -------
        Tensor [shape=(n, n_curves, n_frames, n_memories * n_places)]
        """
        rise = rises.transpose(1, 2)
        onset = functional.relu(rise - functional.avg_pool1d(rise, 7, 1, 3))
        onset = (onset / (onset.mean(dim=2, keepdim=True) + _TINY)).flatten(0, 1)[:, None]
        reach = self.memory_reach - 1
        since = functional.conv1d(functional.pad(onset, (reach, 0)), self.kernels.flip(2))
        until = functional.conv1d(functional.pad(onset, (0, reach)), self.kernels) - onset
        place = since / (since + until + _TINY)
        nearness = 1 - (place[..., None] - self.places).abs() * (self.n_places - 1)
        return functional.relu(nearness).transpose(1, 2).flatten(2).unflatten(0, rise.shape[:2])

    def shares(self, falls: Tensor, place: Tensor) -> Tensor:
        """Return the distribution of falls over the places [shape=(n, n_curves * n_memories * n_places)].

        Parameters
        ----------
        falls : Tensor [shape=(n, n_frames, n_curves)]
        place : Tensor [shape=(n, 1 or n_curves, n_frames, n_memories * n_places)]
        """
        total = _summed(falls, place).unflatten(2, (len(self.memories), self.n_places))
        return (total / (total.sum(dim=3, keepdim=True) + _TINY)).flatten(1)

    @staticmethod
    def levels(levels: Tensor, place: Tensor) -> Tensor:
        """Return the level of curves at each place, relative to their average; shapes as in `shares`."""
        at_place = _summed(levels, place) / (place.sum(dim=2) + 0.01)
        return (at_place / (levels.mean(dim=1)[..., None] + _TINY)).flatten(1)


class Voices(nn.Module):
    """Falls between the onsets of the same range of pitches, for textures with several voices."""

    ranges: Tensor

    def __init__(self, n_pitches: int) -> None:
        super().__init__()
        self.places = Places()
        self.register_buffer("ranges", _groups_and_mean(n_pitches, 3), persistent=False)

    def forward(self, salience: Tensor) -> Tensor:
        """Map (n, n_frames, n_pitches) to a vector each."""
        changes = salience[:, 1:] - salience[:, :-1]
        fall = functional.relu(-changes)
        place = self.places(functional.linear(functional.relu(changes), self.ranges))
        return torch.cat(
            [
                self.places.shares(functional.linear(fall, self.ranges), place),
                self.places.shares(functional.linear(fall.square(), self.ranges), place),
                self.places.levels(functional.linear(salience[:, 1:], self.ranges), place),
            ],
            dim=1,
        )


class Articulation(nn.Module):
    """Falls between all onsets, and the duration of pitches."""

    # Half lengths in frames of the neighbourhoods in which a pitch is compared with its maximum salience.
    reaches = (1, 2, 4, 8, 16, 32)
    n_narrow = 2
    heights = (0.2, 0.4, 0.6, 0.8)
    lags = (1, 2, 3, 4, 6, 8, 11, 15, 20, 28)

    bands: Tensor
    ranges: Tensor

    def __init__(self, n_bands: int, n_pitches: int) -> None:
        super().__init__()
        self.places = Places()
        self.register_buffer("bands", _groups_and_mean(n_bands, 6), persistent=False)
        self.register_buffer("ranges", _groups_and_mean(n_pitches, 3), persistent=False)

    def forward(self, features: Tensor, salience: Tensor) -> Tensor:
        """Map (n, n_frames, n_bands) and (n, n_frames, n_pitches) to a vector each."""
        changes = features[:, 1:] - features[:, :-1]
        fall = functional.relu(-changes)
        fall_of_pitch = functional.relu(salience[:, :-1] - salience[:, 1:])
        falls = [
            functional.linear(fall, self.bands),
            functional.linear(functional.relu(fall - _STEEP), self.bands),
            functional.linear(fall_of_pitch, self.ranges),
            functional.linear(fall_of_pitch.square(), self.ranges),
        ]
        place = self.places(functional.relu(changes).mean(dim=2, keepdim=True))
        return torch.cat(
            [
                self.places.shares(torch.cat(falls, dim=2), place),
                self.places.levels(functional.linear(salience[:, 1:], self.ranges), place),
                self._held(salience),
                self._going_on(salience),
            ],
            dim=1,
        )

    def _held(self, salience: Tensor) -> Tensor:
        """Return how much salience exceeds shares of its local maximum, in four neighbourhoods."""
        highest, parts = salience, []
        average = functional.linear(salience.mean(dim=1), self.ranges)
        for number, reach in enumerate(self.reaches):
            around = functional.pad(highest, (0, 0, reach, reach))
            highest = torch.maximum(highest, torch.maximum(around[:, : -2 * reach], around[:, 2 * reach :]))
            if number >= self.n_narrow:
                total = functional.linear(highest.mean(dim=1), self.ranges) + _TINY
                above = [
                    functional.relu(torch.sub(salience, highest, alpha=height)).mean(dim=1)
                    for height in self.heights
                ]
                parts.append(average / total)
                parts += [functional.linear(part, self.ranges) / total for part in above]
        return torch.cat(parts, dim=1)

    def _going_on(self, salience: Tensor) -> Tensor:
        """Return how much of a pitch's salience remains after some frames."""
        total = functional.linear(salience.mean(dim=1), self.ranges) + _TINY
        n_frames = salience.shape[1]
        kept = [
            torch.minimum(salience[:, : max(0, n_frames - lag)], salience[:, lag:]).sum(dim=1) / n_frames
            for lag in self.lags
        ]
        return torch.cat([functional.linear(part, self.ranges) / total for part in kept], dim=1)


def _summed(curves: Tensor, place: Tensor) -> Tensor:
    """Return sums by place [shape=(n, n_curves, n_memories * n_places)]."""
    if place.shape[1] == 1:
        return curves.transpose(1, 2) @ place[:, 0]
    return (curves.transpose(1, 2)[:, :, None] @ place)[:, :, 0]


def _groups_and_mean(n: int, n_groups: int) -> Tensor:
    """Return triangular averages and the average over everything [shape=(n_groups + 1, n)].

    Transposed for `functional.linear`, which multiplies matrices with few columns several times faster.
    """
    return torch.cat([overlapping_groups(n, n_groups).T, torch.full((1, n), 1 / n)]).contiguous()
