"""The options of `srcnn upscale`, in groups: each group arrives at the command as one value."""

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from srcnn.batch.output import EXISTS
from srcnn.batch.size import FITS
from srcnn.pictures.formats import DEFAULT_MAX_PIXELS, RISKY, WRITTEN

if TYPE_CHECKING:
    from srcnn.batch.plan import Places
    from srcnn.batch.size import Fit, Size
    from srcnn.pictures.write import WriteOptions

_SIDE = click.IntRange(min=1)


def grouped(name: str, build: Callable[..., object], *options: Callable[..., Any]) -> Callable[..., Any]:
    """Hand several options to a command as one value.

    Args:
        name: of the command's parameter.
        build: makes the value; its parameters are named as the options.
        options: click's.

    Returns:
        A decorator for a command's function.

    Tests: tests/cli/test_upscaling_docs.py, tests/cli/test_cli_upscale.py.
    """
    parts = list(inspect.signature(build).parameters)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def command(**values: object) -> object:
            group = build(**{part: values.pop(part) for part in parts})
            return function(**values, **{name: group})

        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _size(
    *,
    scale: float | None,
    width: int | None,
    height: int | None,
    long_side: int | None,
    megapixels: float | None,
    fit: "Fit | None",
) -> "Size":
    from srcnn.batch.size import Size

    return Size(scale=scale, width=width, height=height, long_side=long_side, megapixels=megapixels, fit=fit)


size_options = grouped(
    "size",
    _size,
    click.option("-s", "--scale", type=float, help="Times larger, 2.5 too; default 2, or the model file's."),
    click.option("--width", type=_SIDE, help="Of the result in pixels; the height follows."),
    click.option("--height", type=_SIDE, help="Of the result in pixels; the width follows."),
    click.option("--long-side", type=_SIDE, help="The longer side of the result in pixels."),
    click.option("--megapixels", type=float, help="Width times height of the result, in millions."),
    click.option(
        "--fit",
        type=click.Choice(FITS),
        help="Of width and height together: within both (default), both by cutting, or both by stretching.",
    ),
)


def _places(*, output: str | None, format: str | None, in_place: bool, recursive: bool, follow_links: bool) -> "Places":
    from srcnn.batch.plan import Places

    return Places(
        output=output,
        suffix=f".{format}" if format else None,
        in_place=in_place,
        recursive=recursive,
        follow_links=follow_links,
    )


places_options = grouped(
    "places",
    _places,
    click.option(
        "-o", "--output", help="A file, a folder, a pattern such as 'big/{stem}_x{scale}{ext}', or - (stdout)."
    ),
    click.option(
        "--format",
        type=click.Choice([suffix.lstrip(".") for suffix in WRITTEN], case_sensitive=False),
        metavar="FORMAT",
        help="Of results whose names do not say it: png, jpg, webp, tif, ...",
    ),
    click.option("--in-place", is_flag=True, help="Replace the inputs by the results."),
    click.option("--recursive", is_flag=True, help="Also take the folders below a folder."),
    click.option("--follow-links", is_flag=True, help="Also take what links of a folder lead to outside of it."),
)


def _colour(context: click.Context, option: click.Parameter, value: str) -> tuple[float, float, float]:
    """Read R,G,B from 0 to 255 or #rrggbb as three numbers in [0, 1]."""
    codes = [256]
    if match := re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", value):
        codes = [int(code, 16) for code in match.groups()]
    elif re.fullmatch(r"[0-9]{1,3}(,[0-9]{1,3}){2}", value.replace(" ", "")):
        codes = [int(code) for code in value.split(",")]
    if max(codes) > 255:
        raise click.BadParameter(
            f"expected R,G,B from 0 to 255 or #rrggbb, got {value!r}; write for example 255,255,255", context, option
        )
    red, green, blue = (code / 255 for code in codes)
    return red, green, blue


def _writing(
    *, background: tuple[float, float, float], png_level: int, quality: int | None, strip_metadata: bool
) -> "WriteOptions":
    from srcnn.pictures.write import WriteOptions

    return WriteOptions(background=background, png_level=png_level, quality=quality, strip_metadata=strip_metadata)


writing_options = grouped(
    "writing",
    _writing,
    click.option("--png-level", type=click.IntRange(0, 9), default=3, show_default=True, help="PNG compression."),
    click.option(
        "--quality",
        type=click.IntRange(1, 100),
        default=None,
        help="Of JPEG, WebP and AVIF; default 95, and WebP stays lossless where the input was.",
    ),
    click.option(
        "--background",
        metavar="R,G,B|#rrggbb",
        callback=_colour,
        default="#ffffff",
        show_default=True,
        help="Under transparency, where a format has none.",
    ),
    click.option(
        "--strip-metadata",
        is_flag=True,
        help="Leave out EXIF, XMP, IPTC and the texts of PNG; the colour profile stays.",
    ),
)

keep_orientation_option = click.option(
    "--keep-orientation-tag",
    "keep_orientation",
    is_flag=True,
    help="Leave the pixels as stored, and the tag that turns them.",
)

exists_option = click.option(
    "--exists",
    type=click.Choice(EXISTS),
    default="overwrite",
    show_default=True,
    help="What to do where a result exists already.",
)
max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_PIXELS,
    show_default=True,
    help="Refuse larger inputs; all frames together.",
)


def _formats(context: click.Context, option: click.Parameter, value: str) -> frozenset[str]:
    """Read "jp2,pcx" as the names of formats."""
    words = [word.strip().lower() for word in value.split(",") if word.strip()]
    for word in words:
        if word not in RISKY:
            known = ", ".join(RISKY)
            raise click.BadParameter(
                f"expected formats out of {known}, got {word!r}; all others are read unasked or not at all",
                context,
                option,
            )
    return frozenset(RISKY[word].name for word in words)


allow_formats_option = click.option(
    "--allow-formats",
    "allowed",
    metavar="FORMAT[,...]",
    callback=_formats,
    default="",
    help=f"Also read formats whose decoders have a bad security record: {', '.join(RISKY)}.",
)
MAX_JOBS = 256
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, MAX_JOBS),
    help="Pictures at the same time; default: as many as threads.",
)
