"""Measure a method on a folder of pictures, beside bicubic. This module knows no engine and no network."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from srcnn.atomic import make_folder
from srcnn.errors import InvalidConfigError, InvalidImageError, OutputError
from srcnn.evaluation.measurement import Evaluation, Measurement, mean_of
from srcnn.evaluation.metrics.paper import Metric
from srcnn.evaluation.planes import (
    Method,
    compared,
    enlarge,
    enlarge_bicubic,
    measure_psnr,
    measure_ssim,
    shrink,
    truth_planes,
)
from srcnn.evaluation.protocol import Protocol
from srcnn.evaluation.results import pair_files, put_into_rim, result_planes, small_planes
from srcnn.imaging import from_float
from srcnn.imaging.alpha import is_see_through
from srcnn.imaging.depth import Image, Plane
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture
from srcnn.progress import Progress


def evaluate(
    method: Method | None,
    folder: str | Path,
    scale: int,
    protocol: Protocol,
    *,
    metrics: Sequence[Metric] = (),
    small: str | Path | None = None,
    save: str | Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a method on every picture of a folder.

    Args:
        method: enlarges luma, float32 H x W in [0, 1] to float32 sH x sW; or pictures, `OfPictures`; or betters what
            the protocol has enlarged, `OnEnlarged`; None measures the protocol's own bicubic.
        folder: pictures, also in folders below.
        scale: the enlargement, at least 2; or 1 with `small`.
        protocol: how to measure.
        metrics: further ones, of luma alone.
        small: a folder of the small pictures, by the names of the others (`pair_files`); None shrinks these.
        save: a new or empty folder for what is measured, rounded to 8 bits, a PNG a picture: luma in grey, or RGB if
            the protocol shrinks RGB; None keeps nothing. `evaluate_results` measures the same again unless the
            protocol does not round.
        progress: called after each picture with (pictures done, pictures in all).

    Returns:
        PSNR and SSIM of the method and of bicubic, for each picture and in the mean; means are over the same
        pictures, `Evaluation.left_out` not among them unless there are no others.

    Raises:
        InvalidConfigError: no picture in a folder, the scale is too low, or further metrics of RGB; or a
            method `OfPictures` without one of luma, where the protocol shrinks luma.
        InvalidImageError: pictures that cannot be read, all of them named, since the mean of the others
            is not that of the folder; a picture that is too small, or a method that returns another shape
            or values that are not finite; or no small one, or one of another size; the message names the picture.
        OutputError: `save` lies among the pictures, has files in it, or cannot be written to.

    Source: demo_SR.m and compute_psnr.m of the SRCNN authors' package. Tests: tests/evaluation/test_evaluate.py.
    """
    folder, save = Path(folder), None if save is None else Path(save)
    pictures = named_pictures(folder)
    if save is not None:
        _check_new(save, folder, pictures)

    def enlarged(name: str, _picture: Image, lr: Plane, bicubic: Plane) -> Plane:
        large = bicubic if method is None else enlarge(lr, scale, protocol, method)
        if save is not None:
            file = save / f"{name}.png"
            make_folder(file.parent, "choose another folder")
            write_picture(file, from_float(large, np.uint8))
        return large

    return _measure_all(enlarged, pictures, folder, scale, protocol, metrics, small, progress)


def evaluate_results(
    results: str | Path,
    folder: str | Path,
    scale: int,
    protocol: Protocol,
    *,
    metrics: Sequence[Metric] = (),
    small: str | Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure pictures that another program has enlarged.

    Args:
        results: the enlarged pictures, each with the name of its true one, or with more behind it (`pair_files`).
        folder: as in `evaluate`.
        scale: as in `evaluate`.
        protocol: as in `evaluate`; of results only their luma or RGB is taken, and the border left out.
        metrics: as in `evaluate`.
        small: as in `evaluate`, for bicubic alone.
        progress: as in `evaluate`.

    Returns:
        As `evaluate`.

    Raises:
        InvalidConfigError: as in `evaluate`, or no picture in the folder of results.
        InvalidImageError: as in `evaluate`; a picture without a result, or a result of another size.

    Tests: tests/evaluation/test_evaluate.py.
    """
    folder, results = Path(folder), Path(results)
    pictures = named_pictures(folder)
    paths = pair_files(pictures, results, "a result")

    def finished(name: str, picture: Image, _lr: Plane, _bicubic: Plane) -> Plane:
        return result_planes(read_array(paths[name]), picture, scale, protocol)

    return _measure_all(finished, pictures, folder, scale, protocol, metrics, small, progress)


def _measure_all(
    enlarged: Callable[[str, Image, Plane, Plane], Plane],
    pictures: dict[str, Path],
    folder: Path,
    scale: int,
    protocol: Protocol,
    metrics: Sequence[Metric],
    small: str | Path | None,
    progress: Progress | None,
) -> Evaluation:
    """Measure what a function gives for a picture's name, the picture, its small one and bicubic's enlargement."""
    _check(scale, protocol, metrics, lowest=2 if small is None else 1)
    given = None if small is None else pair_files(pictures, Path(small), "a small picture")
    images: list[Measurement] = []
    see_through: list[str] = []
    unreadable: dict[str, InvalidImageError] = {}
    for done, (name, path) in enumerate(pictures.items(), 1):
        try:
            picture = read_array(path)
        except InvalidImageError as error:
            unreadable[name] = error
            continue
        if unreadable:  # there will be no mean; the rest is only looked at, to name all that is wrong at once
            continue
        try:
            truth = truth_planes(picture, scale, protocol)
            if given is None:
                lr = shrink(truth, scale, protocol)
            else:
                lr = small_planes(read_array(given[name]), picture, scale, protocol)
            bicubic = enlarge_bicubic(lr, scale, protocol)
            large = enlarged(name, picture, lr, bicubic)
            rim = (bicubic.shape[0] - large.shape[0]) // 2
            large = put_into_rim(large, truth, rim)
            images.append(_measurement(name, large, bicubic, truth, scale, protocol, metrics, rim))
        except InvalidImageError as error:
            raise InvalidImageError(f"{name}: {error}") from error
        if is_see_through(picture):
            see_through.append(name)
        if progress is not None:
            progress(done, len(pictures))
    if unreadable:
        raise _refused(unreadable, folder)
    return Evaluation(
        scale=scale, protocol=protocol, images=tuple(images), mean=mean_of(images), see_through=tuple(see_through)
    )


def _check(scale: int, protocol: Protocol, metrics: Sequence[Metric], *, lowest: int) -> None:
    """Refuse what cannot be measured, before a picture is read."""
    if scale < lowest:
        raise InvalidConfigError(
            f"expected a scale of at least {lowest}, got {scale}; choose 2, 3 or 4, or for a network of scale "
            "1 give the pictures that it is to mend (--small)"
        )
    if metrics and protocol.measured == "rgb":
        raise InvalidConfigError(
            f"expected a protocol that measures luma for {', '.join(metric.name for metric in metrics)}, got "
            f"{protocol.name}; choose another, such as authors"
        )


def _measurement(
    name: str,
    large: Plane,
    bicubic: Plane,
    truth: Plane,
    scale: int,
    protocol: Protocol,
    metrics: Sequence[Metric],
    rim: int,
) -> Measurement:
    """Measure a picture whose rim of so many pixels is the truth's; metrics that see it have no value."""
    more: dict[str, float | None] = {}
    pairs = [compared(enlarged, truth, protocol) for enlarged in (large, bicubic)] if metrics else []
    for metric in metrics:
        for prefix, (sr, hr), unknown in zip(("", "bicubic_"), pairs, (rim, 0), strict=True):
            seen = metric.border is not None and metric.border < unknown
            more[prefix + metric.name] = None if seen else metric.value(sr, hr, protocol.border_pixels(scale))
    return Measurement(
        name=name,
        psnr=measure_psnr(large, truth, scale, protocol),
        ssim=measure_ssim(large, truth, scale, protocol),
        bicubic_psnr=measure_psnr(bicubic, truth, scale, protocol),
        bicubic_ssim=measure_ssim(bicubic, truth, scale, protocol),
        more=more,
    )


def _check_new(save: Path, folder: Path, pictures: dict[str, Path]) -> None:
    """Results must neither replace a file nor be taken for true pictures afterwards."""
    holding = {folder.resolve(), *(path.resolve().parent for path in pictures.values())}
    if any(save.resolve().is_relative_to(place) for place in holding):
        raise OutputError(
            f"expected a folder for the results apart from the pictures of {folder}, got {save}; choose another"
        )
    if save.is_dir() and any(not path.name.startswith(".") for path in save.iterdir()):
        raise OutputError(f"expected a new or empty folder for results, got {save} with files in it; choose another")


def _refused(unreadable: dict[str, InvalidImageError], folder: Path) -> InvalidImageError:
    """One error for all of them."""
    if len(unreadable) == 1:
        ((name, error),) = unreadable.items()
        return InvalidImageError(f"{name}: {error}")
    return InvalidImageError(
        f"expected pictures that can all be read in {folder}, got {len(unreadable)} that cannot: "
        f"{', '.join(unreadable)} (the first: {next(iter(unreadable.values()))}); mend them or take them away"
    )
