"""Descriptors of timbre, articulation, rhythm, melody and harmony, differentiable by the log spectrogram.

They are fixed signal processing without learned parameters, computed from the 149-band spectrogram alone
(`explainer.core.representations.kinds.log_filterbank`). So anything masked in the spectrogram is missing
from the descriptors too, and gradients lead back to it. They need about one second of sound or more.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from explainer.core.representations.kinds import log_filterbank

from .articulation import Articulation, Voices
from .descriptor_weights import (
    harmonic_templates,
    logarithmic_lags,
    moving_average,
    octave_folding,
    overlapping_groups,
)

_TINY = 1e-4


class CueDescriptors(nn.Module):
    """All descriptors of a piece as one vector."""

    surroundings: Tensor
    chroma: Tensor

    def __init__(self) -> None:
        super().__init__()
        frequencies = log_filterbank().band_frequencies
        n_bands = len(frequencies)
        self.timbre = Timbre(n_bands)
        self.melody = Melody(frequencies)
        self.articulation = Articulation(n_bands, len(self.melody.pitches))
        self.voices = Voices(len(self.melody.pitches))
        self.rhythm = Rhythm(n_bands)
        self.harmony = Harmony()
        self.register_buffer("surroundings", moving_average(n_bands, 17), persistent=False)
        self.register_buffer("chroma", octave_folding(frequencies), persistent=False)

    @property
    def n_descriptors(self) -> int:
        """Length of the vector."""
        return max(section.stop for section in self.sections.values())

    @property
    def sections(self) -> dict[str, slice]:
        """Position of each section in the vector."""
        with torch.no_grad():
            lengths = {
                name: part.shape[1]
                for name, part in self.by_section(torch.zeros(1, 64, self.chroma.shape[0])).items()
            }
        ends = np.cumsum(list(lengths.values())).tolist()
        return {name: slice(end - lengths[name], end) for name, end in zip(lengths, ends, strict=True)}

    def forward(self, features: Tensor) -> Tensor:
        """Map log spectrograms (n, n_frames, 149) to descriptors (n, n_descriptors)."""
        return torch.cat(list(self.by_section(features).values()), dim=1)

    def by_section(self, features: Tensor) -> dict[str, Tensor]:
        """Map log spectrograms (n, n_frames, 149) to sections of descriptors, each (n, length)."""
        peaks = functional.relu(features - features @ self.surroundings)
        salience = self.melody.salience(peaks)
        by_pitch = salience @ self.melody.pitch_classes
        by_band = torch.expm1(features * math.log(10)) @ self.chroma
        return {
            "timbre": self.timbre(features),
            "articulation": self.articulation(features, salience),
            "voices": self.voices(salience),
            "rhythm": self.rhythm(features),
            "melody": self.melody(peaks, salience),
            "harmony": torch.cat([self.harmony(by_pitch), self.harmony(torch.sqrt(by_band + _TINY))], dim=1),
        }


class Timbre(nn.Module):
    """Level and its spread in 25 groups of bands, and changes of loudness."""

    groups: Tensor

    def __init__(self, n_bands: int) -> None:
        super().__init__()
        self.register_buffer("groups", overlapping_groups(n_bands, 25), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map (n, n_frames, n_bands) to (n, 60)."""
        rises = functional.relu(features[:, 1:] - features[:, :-1])
        falls = functional.relu(features[:, :-1] - features[:, 1:])
        loudness = features.mean(dim=2)
        quantiles = torch.quantile(loudness, loudness.new_tensor([0.1, 0.5, 0.9]), dim=1).T
        changes = (loudness[:, 1:] - loudness[:, :-1]).abs().mean(dim=1)
        rise, fall = rises.mean(dim=(1, 2)), falls.mean(dim=(1, 2))
        course = [loudness.mean(dim=1), _spread(loudness, 1), changes, rise, fall]
        course += [fall / (rise + _TINY), falls.amax(dim=1).mean(dim=1)]
        groups = [features.mean(dim=1) @ self.groups, _spread(features, 1) @ self.groups]
        return torch.cat([*groups, quantiles, torch.stack(course, dim=1)], dim=1)


class Rhythm(nn.Module):
    """Onsets: their number, their strength, and the periods at which they recur."""

    n_lags = 96
    passage = 512

    groups: Tensor
    octaves: Tensor
    tempos: Tensor

    def __init__(self, n_bands: int) -> None:
        super().__init__()
        self.register_buffer("groups", overlapping_groups(n_bands, 4).T.contiguous(), persistent=False)
        self.register_buffer("octaves", logarithmic_lags(self.n_lags, per_octave=12), persistent=False)
        self.register_buffer("tempos", logarithmic_lags(257, per_octave=8, first=4), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map (n, n_frames, n_bands) to a vector each."""
        rises = functional.relu(features[:, 1:] - features[:, :-1])
        curves = torch.cat(
            [functional.linear(rises, self.groups), rises.mean(dim=2, keepdim=True)], dim=2
        ).transpose(1, 2)
        curves = curves - functional.avg_pool1d(curves, 15, 1, 7, count_include_pad=False)
        spectrum = self._spectrum(curves - curves.mean(dim=2, keepdim=True))
        returns = torch.fft.irfft(spectrum)[:, :, : self.n_lags]
        returns = returns / (returns[:, :, :1] + _TINY)
        modulation = torch.sqrt(spectrum[:, :, :257] + _TINY)
        modulation = modulation / (modulation.mean(dim=2, keepdim=True) + _TINY)
        return torch.cat(
            [
                returns[:, -1, 3:],
                (returns @ self.octaves).flatten(1),
                (modulation[:, -1:] @ self.tempos).flatten(1),
                returns[:, :, 3:].amax(dim=2),
                _spread(returns[:, :, 8:], 2),
                self._onsets(curves),
            ],
            dim=1,
        )

    def _spectrum(self, curves: Tensor) -> Tensor:
        """Return the power spectrum, averaged over passages of 16 s if the piece is longer."""
        passages = [part for part in curves.split(self.passage, dim=2) if 2 * part.shape[2] > self.passage]
        spectra = [
            torch.view_as_real(torch.fft.rfft(part, n=2 * self.passage)).square().sum(dim=3)
            for part in passages or [curves]
        ]
        return torch.stack(spectra).mean(dim=0)

    @staticmethod
    def _onsets(curves: Tensor) -> Tensor:
        """Return the rate of onsets above several thresholds, their concentration, and their strength."""
        rise = functional.relu(curves)
        at_peak = (rise >= functional.max_pool1d(rise, 5, 1, 2)).to(rise.dtype)
        peak = rise * at_peak
        greatest = peak.amax(dim=2, keepdim=True) + _TINY
        counts = [
            torch.sigmoid((peak / greatest - share) * 25).mean(dim=2) for share in (0.1, 0.2, 0.35, 0.5)
        ]
        n_frames = rise.shape[2]
        concentration = peak.square().sum(dim=2) / (peak.sum(dim=2).square() + _TINY) * n_frames
        mean = rise.mean(dim=2)
        return torch.cat([*counts, concentration.clamp(max=200).log1p(), mean, _spread(rise, 2)], dim=1)


class Melody(nn.Module):
    """Sounding pitches, and movements of the most salient one."""

    lowest, highest = 40, 100

    harmonics: Tensor
    pitches: Tensor
    pitch_classes: Tensor
    groups: Tensor

    def __init__(self, frequencies: np.ndarray) -> None:
        super().__init__()
        pitches = np.arange(self.lowest, self.highest)
        self.register_buffer("harmonics", harmonic_templates(frequencies, pitches), persistent=False)
        self.register_buffer("pitches", torch.linspace(-1, 1, len(pitches)), persistent=False)
        classes = (pitches[:, None] % 12 == np.arange(12)).astype(np.float32)
        self.register_buffer("pitch_classes", torch.from_numpy(classes), persistent=False)
        self.register_buffer("groups", overlapping_groups(len(frequencies), 50), persistent=False)

    def salience(self, peaks: Tensor) -> Tensor:
        """Return how strongly each pitch is supported by its harmonics [shape=(n, n_frames, n_pitches)]."""
        return functional.relu(peaks @ self.harmonics)

    def forward(self, peaks: Tensor, salience: Tensor) -> Tensor:
        """Map spectral peaks and salience to a vector each."""
        histogram = salience.mean(dim=1)
        onsets = functional.relu(salience[:, 2:] - salience[:, :-2]).mean(dim=1)
        scale = histogram.mean(dim=1, keepdim=True) + _TINY
        parts = [peaks.mean(dim=1) @ self.groups, histogram / scale, onsets / scale]
        for sharpness in (8.0, 30.0):
            weight = torch.softmax(salience * sharpness, dim=2)
            line = weight @ self.pitches
            moves = (line[:, 4:] - line[:, :-4]).abs()
            clear = weight.square().sum(dim=2)
            parts.append(
                torch.stack([line.mean(1), _spread(line, 1), moves.mean(1), _spread(moves, 1)], dim=1)
            )
            parts.append(torch.stack([clear.mean(1), _spread(clear, 1)], dim=1))
            parts.append(torch.quantile(line, line.new_tensor([0.1, 0.25, 0.5, 0.75, 0.9]), dim=1).T)
            parts.append(
                torch.sigmoid((moves[:, :, None] - moves.new_tensor([0.05, 0.12, 0.25, 0.4])) * 40).mean(
                    dim=1
                )
            )
        return torch.cat(parts, dim=1)


class Harmony(nn.Module):
    """Simultaneous and successive pitch classes, independent of the key.

    At three time scales: a quarter of a second, two seconds, the whole piece. Each chroma vector is
    described by its circular autocorrelation, the magnitudes of its Fourier coefficients and its
    bispectrum, which are all invariant under transposition; the bispectrum also distinguishes major from
    minor, which are mirror images. Keys are compared by correlation with the profiles of Krumhansl and
    Kessler [1]_.

    References
    ----------
    .. [1] Krumhansl, Kessler: Tracing the dynamic changes in perceived tonal organization in a spatial
       representation of musical keys. Psychological Review 89(4), 1982.
    """

    short, long = 8, 62

    keys: Tensor
    first: Tensor
    second: Tensor

    def __init__(self) -> None:
        super().__init__()
        profiles = np.array(
            [
                [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
                [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
            ]
        )
        profiles = (profiles - profiles.mean(axis=1, keepdims=True)) / profiles.std(axis=1, keepdims=True)
        keys = np.stack([np.roll(profile, tonic) for profile in profiles for tonic in range(12)], axis=1) / 12
        self.register_buffer("keys", torch.from_numpy(keys.astype(np.float32)), persistent=False)
        pairs = [(a, b) for a in range(1, 7) for b in range(a, 7)]
        self.register_buffer("first", torch.tensor([a for a, _ in pairs]), persistent=False)
        self.register_buffer("second", torch.tensor([b for _, b in pairs]), persistent=False)

    def forward(self, chroma: Tensor) -> Tensor:
        """Map chroma (n, n_frames, 12) to a vector each."""
        short = _windows(chroma, self.short)
        long = _windows(chroma, self.long)
        whole = chroma.mean(dim=1, keepdim=True)
        parts = [self._invariants(scale) for scale in (short, long, whole)]
        spreads = [_spread(self._intervals(scale), 1) for scale in (short, long)]
        return torch.cat(
            [*parts, *spreads, self._keys(long, whole), self._movement(short, long, whole)], dim=1
        )

    def _intervals(self, chroma: Tensor) -> Tensor:
        unit = chroma / (chroma.norm(dim=2, keepdim=True) + _TINY)
        return torch.stack([(unit * unit.roll(interval, 2)).sum(dim=2) for interval in range(1, 7)], dim=2)

    def _invariants(self, chroma: Tensor) -> Tensor:
        share = chroma / (chroma.sum(dim=2, keepdim=True) + _TINY)
        real, imaginary = _fourier(share)
        magnitude = torch.sqrt(real.square() + imaginary.square() + 1e-8)
        first, second, total = self.first, self.second, (self.first + self.second) % 12
        product_real = real[..., first] * real[..., second] - imaginary[..., first] * imaginary[..., second]
        product_imaginary = (
            real[..., first] * imaginary[..., second] + imaginary[..., first] * real[..., second]
        )
        bispectrum_real = product_real * real[..., total] + product_imaginary * imaginary[..., total]
        bispectrum_imaginary = product_imaginary * real[..., total] - product_real * imaginary[..., total]
        size = (magnitude[..., first] * magnitude[..., second] * magnitude[..., total]) ** (2 / 3) + 1e-6
        parts = [
            self._intervals(chroma),
            magnitude[..., 1:7],
            bispectrum_real / size,
            bispectrum_imaginary / size,
        ]
        return torch.cat(parts, dim=2).mean(dim=1)

    def _keys(self, long: Tensor, whole: Tensor) -> Tensor:
        fit_whole, fit_long = (_standardised(chroma) @ self.keys for chroma in (whole, long))
        fits = torch.cat([fit_long, fit_whole], dim=1)
        major, minor = (
            torch.logsumexp(fits[..., mode] * 12, dim=2) / 12 for mode in (slice(0, 12), slice(12, 24))
        )
        difference = major - minor
        key = torch.softmax(fit_whole * 10, dim=2)
        local = torch.softmax(fit_long * 10, dim=2)
        same = (local * key).sum(dim=2)
        kept = (local[:, 1:] * local[:, :-1]).sum(dim=2) if local.shape[1] > 1 else same
        summary = [major.mean(1), minor.mean(1), difference.mean(1), difference.std(1, unbiased=False)]
        summary += [major[:, -1], minor[:, -1], difference[:, -1], same.mean(1), kept.mean(1)]
        summary += [(fit_long * key).sum(dim=2).mean(dim=1), _spread(same, 1)]
        return torch.cat([torch.stack(summary, dim=1), self._around_tonic(fit_whole, whole)], dim=1)

    @staticmethod
    def _around_tonic(fit: Tensor, whole: Tensor) -> Tensor:
        """Return the chroma of the whole piece, rotated so that the most likely tonic comes first."""
        tonic = torch.softmax(torch.logaddexp(fit[:, 0, :12] * 10, fit[:, 0, 12:] * 10), dim=1)
        share = whole[:, 0] / (whole[:, 0].sum(dim=1, keepdim=True) + _TINY)
        return torch.stack([(tonic * share.roll(-step, 1)).sum(dim=1) for step in range(12)], dim=1)

    @staticmethod
    def _movement(short: Tensor, long: Tensor, whole: Tensor) -> Tensor:
        unit_short, unit_long, unit_whole = (
            c / (c.norm(dim=2, keepdim=True) + _TINY) for c in (short, long, whole)
        )
        parts = [(unit_short * unit_whole).sum(2).mean(1), (unit_long * unit_whole).sum(2).mean(1)]
        for unit, steps in ((unit_short, (1, 2, 4, 8)), (unit_long, (1, 2))):
            for step in steps:
                near = (unit[:, step:] * unit[:, :-step]).sum(dim=2)
                parts.append(near.mean(dim=1) if near.shape[1] else torch.ones_like(parts[0]))
        return torch.stack(parts, dim=1)


def _spread(values: Tensor, dim: int) -> Tensor:
    """Return the standard deviation; its gradient is finite even without variation."""
    deviation = values - values.mean(dim=dim, keepdim=True)
    # Several times faster than Tensor.var along an inner dimension.
    return torch.sqrt(deviation.square().mean(dim=dim) + 1e-8)


def _standardised(chroma: Tensor) -> Tensor:
    return (chroma - chroma.mean(dim=2, keepdim=True)) / (_spread(chroma, 2)[..., None] + _TINY)


def _windows(chroma: Tensor, length: int) -> Tensor:
    """Return means over windows without overlap; a remainder shorter than a window is dropped."""
    length = min(length, chroma.shape[1])
    return functional.avg_pool1d(chroma.transpose(1, 2), length, length).transpose(1, 2)


def _fourier(share: Tensor) -> tuple[Tensor, Tensor]:
    """Return real and imaginary part of the circular Fourier transform."""
    angle = torch.outer(torch.arange(12.0), torch.arange(12.0)).to(share) * (2 * math.pi / 12)
    return share @ torch.cos(angle), -share @ torch.sin(angle)
