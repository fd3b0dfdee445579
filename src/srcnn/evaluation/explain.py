"""Say which protocol is behind a PSNR that somebody got, and what to change to obtain the paper's.

The search tries the protocols that have names, at several borders, and where none fits by its name
those that differ from one of them in a single decision; of a network, the wrong ways to apply it.
This module prints nothing and knows no engine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from srcnn.evaluation.habits import Habit, habits, variations
from srcnn.evaluation.planes import Method
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS, Protocol
from srcnn.evaluation.published import PublishedValue, methods_printed_with, recognise_dataset
from srcnn.evaluation.search import SLACK_DB, Match, Observation, distinct, measure_alike, read_pictures, try_protocols
from srcnn.imaging.depth import Image
from srcnn.printable import some_of
from srcnn.progress import Progress
from srcnn.zoo.cards import BICUBIC

_NO_EFFECT_DB = 0.0005
_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Protocols that give a number.

    Attributes:
        matches: all that were tried, the likeliest first: those that fit, protocols with a name of
            their own before others, and of those that round to it the ones with the fewest departures from the
            authors'; then those that do not fit, by distance.
        fitting: how many of them fit.
        text: one paragraph: what was done, and what to change.
    """

    matches: tuple[Match, ...]
    fitting: int
    text: str


def explain(
    folder: Path,
    observations: Sequence[Observation],
    *,
    methods: Mapping[str, Method] | None = None,
    tolerance: float = 0.005,
    progress: Progress | None = None,
) -> Explanation:
    """Find which protocols give the numbers somebody got.

    Args:
        folder: the pictures the numbers belong to.
        observations: one number or more; several scales or single pictures tell more apart.
        methods: what may have made the numbers, by name, the right way of use first; each for the
            one scale of the observations. The others are tried where the first fits by no protocol with a name.
            None for bicubic.
        tolerance: dB; half a unit of the last digit that was given.
        progress: called with (steps done, steps in all), anew for each of the two rounds.

    Returns:
        The protocols, ranked, and a paragraph.

    Raises:
        InvalidConfigError: no observation, an unknown picture, or no picture in the folder.
        InvalidImageError: a picture or a method that cannot be measured.

    Tests: tests/evaluation/test_explain.py.
    """
    pictures = read_pictures(folder, observations)
    allowed = tolerance + SLACK_DB
    right_use = BICUBIC if methods is None else next(iter(methods))
    matches: list[Match] = []
    fitting: list[Match] = []
    for protocols, uses in _rounds(methods):
        matches += try_protocols(protocols, pictures, observations, methods=uses, progress=progress)
        matches = distinct(matches)
        fitting = [match for match in matches if match.distance <= allowed]
        if any(match.protocol.name in PROTOCOLS for match in fitting):  # with another border some fit by chance
            break
    fitting.sort(key=lambda match: _likelihood(match, right_use, tolerance))
    ranked = (*fitting, *matches[len(fitting) :])
    report = _Report(pictures=pictures, observations=observations, methods=methods, right_use=right_use, best=ranked[0])
    if fitting:
        text = report.fitting(ranked[1 : len(fitting)])
    else:
        text = report.nearest(ranked[:3], _printed(folder, pictures, observations[0], tolerance))
    return Explanation(matches=ranked, fitting=len(fitting), text=text)


def _rounds(methods: Mapping[str, Method] | None) -> Iterator[tuple[Sequence[Protocol], Mapping[str, Method] | None]]:
    """What is tried, and what if no protocol with a name fits: bicubic under others, or wrong ways to use a method."""
    named = tuple(PROTOCOLS.values())
    if methods is None:
        yield named, None
        yield tuple(variation for protocol in named for variation in variations(protocol)), None
        return
    right, *wrong = methods
    yield named, {right: methods[right]}
    if wrong:
        yield named, {use: methods[use] for use in wrong}


def _likelihood(match: Match, right_use: str, tolerance: float) -> tuple[bool, bool, int, float]:
    """Sorts matches that fit, the likeliest first.

    Of those that round to the numbers that were given none is likelier for being nearer.
    """
    return (
        match.protocol.name not in PROTOCOLS,
        match.distance > tolerance,
        len(habits(match.protocol)) + (match.method != right_use),
        match.distance,
    )


def _printed(
    folder: Path, pictures: Mapping[str, Image], observation: Observation, tolerance: float
) -> tuple[PublishedValue, ...]:
    """Where a mean is printed."""
    dataset = recognise_dataset(folder.name, pictures) if observation.picture is None else None
    return methods_printed_with(observation.psnr, dataset, observation.scale, tolerance=tolerance)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """The paragraph about one match."""

    pictures: Mapping[str, Image]
    observations: Sequence[Observation]
    methods: Mapping[str, Method] | None
    right_use: str
    best: Match

    def fitting(self, others: Sequence[Match]) -> str:
        """What was done, what it costs, what to change, and what else would give the same."""
        protocol = self.best.protocol
        sentences = [f"{self._given()} is what {self.best.method} gives under the protocol '{protocol.name}'."]
        if self.best.method != self.right_use:
            psnr = self._psnr(protocol, self.right_use)
            sentences.append(f"There {self.right_use} gives {psnr:.3f} dB, which is the way to use it.")
        sentences += self._departures(self._psnr(AUTHORS, self.right_use))
        if others:
            names = some_of([_named(match) for match in others], most=_NAMED)
            sentences.append(f"The same also comes from {names}; single pictures or other scales tell them apart.")
        return " ".join(sentences)

    def nearest(self, matches: Sequence[Match], printed: Sequence[PublishedValue]) -> str:
        """What came nearest, where nothing fits, and whose number it may be."""
        names = ", ".join(map(_named, matches))
        sentences = [
            f"No protocol that was tried gives {self._given()}; the nearest are {names}. Make sure that these are the "
            "pictures the number was measured on, all of them and at full size, and that the scale is right."
        ]
        if self.methods is None:
            sentences.append("Only bicubic was tried: if a network gave the number, name it (-m).")
        if printed:
            whose = ", ".join(
                value.method + (f" trained on {value.training}" if value.training else "") + f" ({value.paper})"
                for value in printed
            )
            sentences.append(f"It is what {printed[0].dataset} has by {whose}.")
        return " ".join(sentences)

    def _departures(self, authors_psnr: float) -> list[str]:
        """What differs from the authors' protocol, its effect, and the way back."""
        if not habits(self.best.protocol):
            return ["It is the protocol of the SRCNN authors' own programs and of the paper's tables: keep it."]
        effects = [(habit, self._effect(habit)) for habit in habits(self.best.protocol)]
        felt = [(habit, effect) for habit, effect in effects if effect is None or abs(effect) >= _NO_EFFECT_DB]
        if not felt:
            return ["Its departures from the SRCNN authors' protocol do not move this number: keep it."]
        felt.sort(key=lambda pair: -abs(pair[1] or 0))
        found = "; ".join(habit.found + ("" if effect is None else f" ({effect:+.3f} dB)") for habit, effect in felt)
        advice = "; ".join(habit.advice for habit, _ in felt)
        return [
            f"What differs from the SRCNN authors' programs: {found}.",
            f"To obtain the {authors_psnr:.3f} dB of the paper's protocol: {advice}.",
        ]

    def _effect(self, habit: Habit) -> float | None:
        """What a habit adds to the first observation, in dB."""
        if habit.corrected is None:
            return None
        return self.best.psnr[0] - self._psnr(habit.corrected, self.best.method)

    def _psnr(self, protocol: Protocol, method: str) -> float:
        """The first observation's PSNR under another protocol or by another method."""
        used = None if self.methods is None else self.methods[method]
        return measure_alike([protocol], self.pictures, self.observations[:1], used)[0][0]

    def _given(self) -> str:
        first, *more = self.observations
        picture = f" for {first.picture}" if first.picture else ""
        others = f" (and {len(more)} more)" if more else ""
        return f"{first.psnr} dB{picture} at x{first.scale}{others}"


def _named(match: Match) -> str:
    return f"'{match.protocol.name}' ({match.method} {match.psnr[0]:.3f} dB)"
