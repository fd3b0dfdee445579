from dataclasses import replace

import pytest

from srcnn.evaluation.habits import habits, variations
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS, protocol_named


def test_the_authors_protocol_has_no_habits():
    assert habits(AUTHORS) == ()


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if name != "authors"])
def test_every_other_protocol_has_habits_in_words(name):
    found = habits(PROTOCOLS[name])
    assert found
    assert all(habit.found and habit.advice for habit in found)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_correcting_habits_one_after_the_other_ends_at_the_authors_protocol(name):
    protocol = PROTOCOLS[name]
    while remaining := [habit for habit in habits(protocol) if habit.corrected is not None]:
        assert remaining[0].corrected != protocol
        protocol = remaining[0].corrected
    assert replace(protocol, name="authors") == AUTHORS


def test_full_range_is_explained_by_the_luma_alone():
    (habit,) = habits(PROTOCOLS["full-range"])
    assert "full range" in habit.found
    assert "limited range" in habit.advice
    assert habit.corrected == replace(AUTHORS, name="full-range")


def test_a_habit_that_cannot_be_corrected_alone_says_so():
    resized = [habit for habit in habits(PROTOCOLS["rgb"]) if habit.found.startswith("RGB is shrunk")]
    assert [habit.corrected for habit in resized] == [None]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_variations_differ_and_say_how(name):
    for variation in variations(PROTOCOLS[name]):
        assert replace(variation, name=name) != PROTOCOLS[name]
        assert variation.name.startswith(f"{name} with ")
        assert habits(variation) or replace(variation, name="authors") == AUTHORS


def test_any_kernel_that_a_protocol_can_name_has_words() -> None:
    for name, way in (("kernel_a_up", "enlarges"), ("kernel_a_down", "shrinks")):
        (habit,) = habits(protocol_named(f"authors with {name}=-0.6"))
        assert habit.found == f"the bicubic kernel that {way} has a = -0.6"
        assert habit.corrected is not None
        assert replace(habit.corrected, name="authors") == AUTHORS
