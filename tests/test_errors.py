import pytest

from srcnn.errors import some_of


@pytest.mark.parametrize(("count", "text"), [(0, ""), (2, "0, 1"), (8, "0, 1, 2, 3, 4, 5, 6, 7")])
def test_a_few_things_are_all_named(count: int, text: str) -> None:
    assert some_of([str(number) for number in range(count)]) == text


def test_of_many_things_the_rest_is_counted() -> None:
    assert some_of([str(number) for number in range(1000)], "; ") == "0; 1; 2; 3; 4; 5; 6; 7 and 992 more"
