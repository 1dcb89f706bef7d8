"""From query texts to operations: parsed, validated and costed once, and remembered within bounds."""

from typing import Any

import pytest
from graphql import OperationType

from graph.errors import RequestError
from graph.execution.documents import MAX_NAME_LENGTH, MAX_OPERATIONS, Documents
from graph.i18n import translator
from graph.schema import schema
from graph.settings import Settings


def documents(**settings: Any) -> Documents:
    return Documents(schema._schema, Settings(**settings))


def refusal(prepared: Documents, query: str) -> dict[str, Any]:
    with pytest.raises(RequestError) as refused:
        prepared.prepare(query)
    return refused.value.localized(translator("en"))[0]


def code(error: dict[str, Any]) -> str:
    return str(error["extensions"]["code"])


def test_document_is_prepared_once() -> None:
    prepared = documents()

    assert prepared.prepare("{viewer{subject}}") is prepared.prepare("{viewer{subject}}")


def test_operation_is_selected_by_name() -> None:
    document = documents().prepare("query A{__typename} mutation B{__typename}")

    operation = document.operation("B")

    assert (operation.name, operation.kind) == ("B", OperationType.MUTATION)


@pytest.mark.parametrize("name", [None, "C", ""])
def test_operation_name_missing_or_unknown_is_rejected(name: str | None) -> None:
    document = documents().prepare("query A{__typename} mutation B{__typename}")

    with pytest.raises(RequestError) as refused:
        document.operation(name)

    assert code(refused.value.localized(translator("en"))[0]) == "BAD_USER_INPUT"


def test_single_operation_needs_no_name() -> None:
    assert documents().prepare("query A{__typename}").operation(None).name == "A"


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("", 1, 1),
        ("{", 1, 2),
        ("{ }", 1, 3),
        ("{viewer{}}", 1, 9),
        ("type A{b: Int}}", 1, 15),
        ("{viewer{\n  subject}}}", 2, 12),
        ("🏃", 1, 1),
    ],
)
def test_parse_error_has_location(query: str, line: int, column: int) -> None:
    error = refusal(documents(), query)

    assert code(error) == "GRAPHQL_PARSE_FAILED"
    assert error["locations"] == [{"line": line, "column": column}]


@pytest.mark.parametrize(
    "query",
    [
        "{nothing}",
        "{viewer}",
        "{viewer{subject{x}}}",
        "{...A}",
        "{...A} fragment A on Query{...B} fragment B on Query{...A}",
        "query($a: Int){__typename}",
        '{sites(first: "x"){totalCount}}',
        "{sites(orderBy: {field: COLOUR}){totalCount}}",
        "query A{__typename} query A{__typename}",
        "type A{b: Int}",
        "subscription{a: changes(siteId: 1){id} b: changes(siteId: 1){id}}",
    ],
)
def test_validation_error_is_reported(query: str) -> None:
    assert code(refusal(documents(), query)) == "GRAPHQL_VALIDATION_FAILED"


def test_rejected_document_is_cached_apart() -> None:
    prepared = documents()
    kept = prepared.prepare("{viewer{subject}}")

    first = refusal(prepared, "{nothing}")
    for number in range(200):
        refusal(prepared, f"{{nothing{number}}}")

    assert refusal(prepared, "{nothing}") == first
    assert prepared.prepare("{viewer{subject}}") is kept
    assert len(prepared._errors) == 100


def test_document_cache_evicts_least_recently_used() -> None:
    prepared = documents()
    kept = prepared.prepare("{viewer{subject}}")
    forgotten = prepared.prepare("{viewer{permissions}}")

    for number in range(999):
        prepared.prepare("{viewer{subject}}")
        prepared.prepare(f"query Q{number}{{__typename}}")

    assert len(prepared._documents) == 1_000
    assert prepared.prepare("{viewer{subject}}") is kept
    assert prepared.prepare("{viewer{permissions}}") is not forgotten


def test_document_cache_is_bounded_by_length() -> None:
    prepared = documents()
    names = " ".join(f"a{number}:__typename" for number in range(1_300))

    for number in range(15):
        prepared.prepare(f"query Q{number}{{{names}}}")

    assert len(prepared._documents) == 10


def test_too_many_tokens_are_rejected_before_parsing() -> None:
    prepared = documents(max_tokens=10)

    assert prepared.prepare("{a:__typename b:__typename}").tokens == 8
    assert refusal(prepared, "{a:__typename b:__typename c:__typename}") == {
        "message": "The document may have 10 tokens at most.",
        "extensions": {"code": "QUERY_TOO_COSTLY"},
    }


def test_comments_are_limited() -> None:
    assert code(refusal(documents(max_tokens=10), "#\n" * 11 + "{__typename}")) == "QUERY_TOO_COSTLY"


def test_document_too_long_is_rejected() -> None:
    error = refusal(documents(max_tokens=10), "{__typename}" + " " * 200)

    assert error["message"] == "The document may have 200 characters at most."
    assert code(error) == "QUERY_TOO_COSTLY"


def test_too_many_operations_are_rejected() -> None:
    def query(count: int) -> str:
        return " ".join(f"query Q{number}{{__typename}}" for number in range(count))

    prepared = documents()

    assert len(prepared.prepare(query(MAX_OPERATIONS)).operations) == MAX_OPERATIONS
    assert refusal(prepared, query(MAX_OPERATIONS + 1)) == {
        "message": "The document has 11 operations; the limit is 10.",
        "extensions": {"code": "QUERY_TOO_COSTLY"},
    }


@pytest.mark.parametrize(
    "query",
    [
        "{%s: __typename}",
        "{%s}",
        "query %s {__typename}",
        "{...%s}",
        "query($%s: Int){__typename}",
        "{sites(%s: 1){totalCount}}",
        "{__typename @%s}",
    ],
)
def test_long_name_is_rejected_before_validation(query: str) -> None:
    assert refusal(documents(), query % ("x" * (MAX_NAME_LENGTH + 1))) == {
        "message": "A name in the document may have 128 characters at most.",
        "extensions": {"code": "QUERY_TOO_COSTLY"},
    }


def test_name_of_128_characters_is_accepted() -> None:
    alias = "x" * MAX_NAME_LENGTH

    assert (
        documents().prepare(f'{{{alias}: __typename site(id: "{"y" * 500}"){{id}}}}').operation(None).cost.fields == 3
    )


def test_boolean_variables_of_conditions_are_found_in_linear_time() -> None:
    count = 300
    variables = " ".join(f"$v{number}: Boolean!" for number in range(count))
    fields = " ".join(f"a{number}: __typename @include(if: $v{number})" for number in range(count))

    operation = documents().prepare(f"query({variables}){{{fields}}}").operation(None)

    assert operation.conditions == tuple(f"v{number}" for number in range(count))


def test_nesting_beyond_parser_is_rejected() -> None:
    assert code(refusal(documents(), "{a" * 300 + "}" * 300)) == "QUERY_TOO_COSTLY"


def test_fields_too_complex_to_merge_are_rejected() -> None:
    query = "{" + " ".join(f"sites(first: {number}){{totalCount}}" for number in range(500)) + "}"

    assert code(refusal(documents(), query)) == "QUERY_TOO_COSTLY"


def test_validation_errors_are_limited() -> None:
    query = "{" + " ".join(f"nothing{number}" for number in range(500)) + "}"

    with pytest.raises(RequestError) as refused:
        documents().prepare(query)

    errors = refused.value.localized(translator("en"))
    assert len(errors) == 21
    assert {code(error) for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}


def test_error_quotes_document_shortened() -> None:
    error = refusal(documents(), '{sites(first: "%s"){totalCount}}' % ("x" * 5_000))

    assert len(error["message"]) == 501


def test_deep_introspection_is_rejected() -> None:
    query = "{__schema{types" + "{fields{type" * 3 + "{name" + "}}" * 3 + "}}}"

    assert refusal(documents(), query) == {
        "message": "The introspection is nested too deeply.",
        "extensions": {"code": "QUERY_TOO_COSTLY"},
    }


def test_introspection_off_hides_schema() -> None:
    prepared = documents(introspection=False)

    assert code(refusal(prepared, "{__schema{types{name}}}")) == "GRAPHQL_VALIDATION_FAILED"
    assert "Did you mean" not in refusal(prepared, "{viewers{subject}}")["message"]
    assert prepared.prepare("{__typename}").operation(None).name is None


def test_variable_of_other_operation_is_ignored() -> None:
    document = documents().prepare(
        "query A($x: Boolean!) { sites { totalCount @include(if: $x) } } query B($x: [ID!]!) { nodes(ids: $x) { id } }"
    )

    assert [document.operation(name).conditions for name in ("A", "B")] == [("x",), ()]
