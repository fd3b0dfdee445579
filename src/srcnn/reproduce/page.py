"""A report as one HTML page that needs nothing else: styles, plots and pictures are inside it."""

import math
import platform
from dataclasses import dataclass
from importlib import resources

from srcnn import __version__
from srcnn.errors import MissingExtraError
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.reproduce.logs import Run
from srcnn.reproduce.machine import machine_name, versions
from srcnn.reproduce.report import Report

DASH = "\N{EN DASH}"
"""Where there is no value."""
_MINUS = "\N{MINUS SIGN}"
_LIBRARIES = ("numpy", "onnxruntime", "openvino", "scipy", "scikit-learn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a report comes from.

    Attributes:
        command: that makes it again.
        version: of this package.
        libraries: name and version of those that compute.
        machine: the processor.
    """

    command: str
    version: str
    libraries: tuple[str, ...]
    machine: str


def origin(command: str) -> Origin:
    """Describe this package, the libraries beside it and the machine."""
    libraries = (f"Python {platform.python_version()}", *versions(_LIBRARIES))
    return Origin(command=command, version=__version__, libraries=libraries, machine=machine_name())


def render_page(report: Report, origin: Origin) -> str:
    """Fill the template.

    Args:
        report: what to show.
        origin: where it comes from.

    Returns:
        HTML. Everything that is not markup of the template is escaped.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.

    Tests: tests/reproduce/test_page.py.
    """
    try:
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise MissingExtraError("Jinja2", "paper") from error
    folder = resources.files("srcnn.reproduce")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((folder / "page.html.j2").read_text(encoding="utf-8"))
    style = Markup((folder / "page.css").read_text(encoding="utf-8"))
    words = {"number": number, "signed": signed, "duration": duration, "seed_range": seed_range}
    return template.render(report=report, origin=origin, metrics=METRICS, style=style, **words)


def number(value: float | None, digits: int) -> str:
    """A number for people, such as "32.75"; the sign of infinity, or a dash where there is none."""
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    return f"{value:.{digits}f}".replace("-", _MINUS)


def seed_range(run: Run) -> str:
    """The lowest and the highest last validation PSNR of a training's seeds, or a dash where there is one seed."""
    return f"{number(min(run.last_psnr), 2)} to {number(max(run.last_psnr), 2)}" if run.repeats else DASH


def signed(value: float | None, digits: int) -> str:
    """A difference for people, with its sign, or nothing."""
    if value is None:
        return ""
    text = f"{value:+.{digits}f}"
    return text.replace("-", _MINUS) if float(text) else f"±{0:.{digits}f}"


def duration(seconds: float | None) -> str:
    """A time for people, in two digits: "0.042 s" or "1.3 s"."""
    if seconds is None:
        return DASH
    digits = max(0, 1 - math.floor(math.log10(seconds))) if seconds > 0 else 0
    return f"{seconds:.{digits}f} s"
