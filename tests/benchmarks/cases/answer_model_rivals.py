"""The model of answers in NumPyro or PyMC, as a program: ``answer_model_rivals.py numpyro|nutpie FILE.csv``.

Prints one line of JSON. It needs nothing of this project.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd

N_CHAINS, N_WARM_UP, N_DRAWS, N_LEVELS = 4, 400, 500, 4


def by_numpyro(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    rater, track, level = (table[name].to_numpy() for name in ("rater", "track", "level"))
    cell = np.unique(rater * (track.max() + 1) + track, return_inverse=True)[1]
    steps = table["value"].to_numpy(int) - 1

    def model() -> None:
        def sd(name: str, *shape: int):
            return numpyro.sample(name, dist.HalfCauchy(1.0).expand(shape))

        def noise(name: str, *shape: int):
            return numpyro.sample(name, dist.Normal(0, 1).expand(shape))

        means = numpyro.sample("means", dist.Normal(3, 4).expand([N_LEVELS]))
        root = numpyro.sample("root", dist.LKJCholesky(N_LEVELS, 1.0))
        tracks = noise("tracks", int(track.max()) + 1, N_LEVELS) @ (sd("sd", N_LEVELS)[:, None] * root).T
        heard = means[level] + tracks[track, level]
        heard += noise("r", int(rater.max()) + 1)[rater] * sd("sd_r")
        heard += noise("rl", int(rater.max()) + 1, N_LEVELS)[rater, level] * sd("sd_rl")
        heard += noise("rt", int(cell.max()) + 1)[cell] * sd("sd_rt")
        gaps = numpyro.sample("gaps", dist.Dirichlet(jnp.ones(3)))
        edges = 1.5 + 3 * jnp.concatenate([jnp.zeros(1), jnp.cumsum(gaps)[:2], jnp.ones(1)])
        below = jax.scipy.stats.norm.cdf((edges[None] - heard[:, None]) / sd("error"))
        ends = jnp.zeros((len(steps), 1)), jnp.ones((len(steps), 1))
        chances = jnp.diff(jnp.concatenate([ends[0], below, ends[1]], axis=1), axis=1)
        numpyro.sample("steps", dist.Categorical(probs=jnp.clip(chances, 1e-9, 1)), obs=steps)

    began = time.perf_counter()
    chains = MCMC(
        NUTS(model), num_warmup=N_WARM_UP, num_samples=N_DRAWS, num_chains=N_CHAINS,
        chain_method="sequential", progress_bar=False,
    )  # fmt: skip
    chains.run(jax.random.PRNGKey(0))
    drawn = chains.get_samples(group_by_chain=True)
    seconds = time.perf_counter() - began
    root = np.asarray(drawn["root"])
    return np.asarray(drawn["means"]), np.einsum("kdij,kdlj->kdil", root, root), seconds


def by_nutpie(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    rater, track, level = (table[name].to_numpy() for name in ("rater", "track", "level"))
    cell = np.unique(rater * (track.max() + 1) + track, return_inverse=True)[1]
    with pm.Model() as model:
        means = pm.Normal("means", 3, 4, shape=N_LEVELS)
        root, correlation, _ = pm.LKJCholeskyCov(
            "root", n=N_LEVELS, eta=1.0, sd_dist=pm.HalfCauchy.dist(1.0, shape=N_LEVELS), compute_corr=True
        )
        pm.Deterministic("correlation", correlation)
        tracks = pm.Normal("tracks", 0, 1, shape=(int(track.max()) + 1, N_LEVELS)) @ root.T
        heard = means[level] + tracks[track, level]
        sds = {name: pm.HalfCauchy(f"sd_{name}", 1.0) for name in ("r", "rl", "rt", "error")}
        heard += pm.Normal("r", 0, 1, shape=int(rater.max()) + 1)[rater] * sds["r"]
        heard += pm.Normal("rl", 0, 1, shape=(int(rater.max()) + 1, N_LEVELS))[rater, level] * sds["rl"]
        heard += pm.Normal("rt", 0, 1, shape=int(cell.max()) + 1)[cell] * sds["rt"]
        gaps = pm.Dirichlet("gaps", np.ones(3))
        edges = 1.5 + 3 * pt.concatenate([pt.zeros(1), pt.cumsum(gaps)[:2], pt.ones(1)])
        pm.OrderedProbit(
            "steps", eta=heard, cutpoints=edges, sigma=sds["error"], observed=table["value"].to_numpy(int) - 1
        )
    began = time.perf_counter()
    drawn = nutpie.sample(
        nutpie.compile_pymc_model(model), tune=N_WARM_UP, draws=N_DRAWS, chains=N_CHAINS, cores=1, seed=1,
        progress_bar=False,
    ).posterior  # fmt: skip
    return drawn["means"].to_numpy(), drawn["correlation"].to_numpy(), time.perf_counter() - began


def effective_size(draws: np.ndarray) -> float:
    """Return the effective number of draws, by the initial positive sequence of autocorrelations."""
    n_chains, n = draws.shape
    centred = draws - draws.mean()
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), 2 * n, axis=1)[:, :n].mean(axis=0) / n
    pairs = (covariance / covariance[0])[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    stop = np.flatnonzero(pairs <= 0)
    return n_chains * n / max(2 * pairs[: stop[0] if len(stop) else None].sum() - 1, 0.1)


def main() -> None:
    means, correlation, seconds = {"numpyro": by_numpyro, "nutpie": by_nutpie}[sys.argv[1]](
        pd.read_csv(sys.argv[2])
    )
    difference, kept = means[:, :, 1] - means[:, :, 2], correlation[:, :, 0, 1]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                "difference": float(np.median(difference)),
                "retention": float(np.median(kept)),
                "size_difference": float(effective_size(difference)),
                "size_retention": float(effective_size(kept)),
            }
        )
    )


if __name__ == "__main__":
    main()
