"""The executor: what becomes of root fields when one of them fails."""

import gc
import warnings

from tests.support.api import Api


async def test_field_that_fails_by_its_arguments_leaves_the_others_alone(api: Api) -> None:
    document = """query ($direction: OrderDirection = ASC) {
        site(id: "Site:1") { id } sites(orderBy: {field: NAME, direction: $direction}) { totalCount } }"""

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        answer = await api.answer(document, direction=None)
        statements = await api.statements("{ viewer { subject } }")
        gc.collect()

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert answer["data"] is None
    # What the first field would read is not read later.
    assert statements == 0
    assert [str(one.message) for one in warned] == []
