"""A picture that was read and what is to become of it, and what there is to say of that. Reads and writes nothing."""

from dataclasses import dataclass

from srcnn.batch.enlarge import Upscalers
from srcnn.batch.size import Target
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture

SAME_SIZE = "not enlarged: it has the size asked for already"
_ENCODED_AGAIN = f"{SAME_SIZE}; it was encoded again, which loses a little"
_INKS_KEPT = "CMYK was kept: each ink was enlarged as a grey picture"
_REDUCED = "made smaller by antialiased bicubic, without a network: the size asked for is below its own"


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with a picture.

    Attributes:
        picture: as it was read.
        upscalers: its model.
        targets: what each of its frames is to become.
        scales: of the network for each frame; None for none.
    """

    picture: Picture
    upscalers: Upscalers
    targets: tuple[Target, ...]
    scales: tuple[int | None, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Names of those that enlarge it."""
        name = self.upscalers.name
        if not self.upscalers.scales:  # bicubic
            return (name,)
        return tuple(f"{name}_x{scale}" for scale in sorted({scale for scale in self.scales if scale}))

    @property
    def has_its_sizes(self) -> bool:
        """Whether no frame changes its size."""
        frames = zip(self.picture.frames, self.targets, strict=True)
        return all(target.resized == target.kept == frame.shape[:2] for frame, target in frames)

    def notes(self, kind: PictureFormat) -> tuple[str, ...]:
        """What was changed or is doubtful in a picture, and what was not enlarged as usual.

        Args:
            kind: the format of the output.

        Tests: tests/batch/test_upscale_file.py.
        """
        notes = self.picture.notes
        if not any(self.scales) and self.has_its_sizes:
            return (*notes, _ENCODED_AGAIN if self.picture.lossy and kind.lossy else SAME_SIZE)
        if any(self.scales) and self.picture.inks:
            notes += (_INKS_KEPT,)
        if self.upscalers.scales and self._is_reduced():
            notes += (_REDUCED,)
        return (*notes, *self._beyond()) if any(self.scales) else notes

    def _is_reduced(self) -> bool:
        """Whether a frame becomes smaller than it is."""
        frames = zip(self.picture.frames, self.targets, self.scales, strict=True)
        return any(scale is None and target.resized != frame.shape[:2] for frame, target, scale in frames)

    def _beyond(self) -> tuple[str, ...]:
        """A note if the network's largest scale did not reach a size."""
        largest = self.upscalers.scales[-1]
        sides = (
            (wanted, side)
            for frame, target in zip(self.picture.frames, self.targets, strict=True)
            for wanted, side in zip(target.resized, frame.shape, strict=False)
        )
        if all(wanted <= largest * side for wanted, side in sides):
            return ()
        return (f"enlarged {largest} times by {self.upscalers.name}, which has no larger scale, and then by bicubic",)
