"""Random documents of the whole schema: the server answers as graphql-core does over plain rows."""

import pytest

from tests.support.oracle.comparison import compare
from tests.support.oracle.sample import make_sample
from tests.system.resilience.conftest import FULL


async def test_random_documents_equal_oracle(url: str) -> None:
    await _compare(url, range(200))


@pytest.mark.slow
async def test_many_random_documents_equal_oracle(url: str) -> None:
    await _compare(url, range(1_000, 1_500 if FULL else 1_150))


async def _compare(url: str, seeds: range) -> None:
    await make_sample(url)

    outcome = await compare(url, seeds)

    assert not outcome.mismatches, "\n\n".join(map(str, outcome.mismatches))
    assert outcome.documents == len(seeds)
    assert outcome.calls == 3 * len(seeds)
    assert outcome.wrong >= len(seeds) // 4
    assert outcome.too_large == 0
