"""A report's content, from measurements, logs and pictures. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from srcnn.errors import InvalidImageError
from srcnn.evaluation.published import PublishedValue
from srcnn.reproduce.feature_maps import feature_sheets
from srcnn.reproduce.figures import Plot, plot_ablation, plot_convergence, plot_time
from srcnn.reproduce.images import data_uri
from srcnn.reproduce.logs import Ablation, Run
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.scenes import Scene
from srcnn.reproduce.subjects import Subject, middle
from srcnn.reproduce.summary import MAIN_SCALE, Summary, summarise
from srcnn.reproduce.tables import TIMES, Table
from srcnn.zoo.filters import filter_sheet

_FEATURE_SIDE = 64  # pixels of a feature map, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Filters or feature maps.

    Attributes:
        caption: whose they are.
        image: a data URI.
        width: of the picture, pixels.
    """

    caption: str
    image: str
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a page shows.

    Attributes:
        tables: by set and scale.
        notices: what is missing or doubtful.
        scenes: the visual comparison.
        runs: trainings of the convergence curves.
        ablations: trainings that differ in one thing.
        filters: of the first layers.
        features: of the first two layers.
    """

    tables: tuple[Table, ...]
    notices: tuple[str, ...] = ()
    scenes: tuple[Scene, ...] = ()
    runs: tuple[Run, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    filters: tuple[Sheet, ...] = ()
    features: tuple[Sheet, ...] = ()

    @property
    def summary(self) -> Summary:
        """The first table."""
        return summarise(self.tables)

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be measured: the pictures, why, and by which methods."""
        methods: dict[str, list[str]] = {}
        for table in self.tables:
            for row in table.rows:
                for failure in row.failures:
                    name = f"{row.method.name} {TIMES}{table.scale}"
                    methods.setdefault(f"{table.pictures.name} {failure}", []).append(name)
        return tuple(f"{failure} ({', '.join(names)})" for failure, names in methods.items())

    @property
    def time_plots(self) -> tuple[Plot, ...]:
        """PSNR against time, for each scale on one set: Set14 as in the paper, else the largest."""
        plots: list[Plot | None] = []
        for scale in dict.fromkeys(table.scale for table in self.tables):
            tables = [table for table in self.tables if table.scale == scale]
            table = max(tables, key=lambda table: (table.pictures.name == "Set14", len(table.pictures.pictures)))
            plots.append(plot_time(table))
        return tuple(plot for plot in plots if plot)

    @property
    def convergence_plots(self) -> tuple[Plot, ...]:
        """Validation PSNR of the trainings, for each scale."""
        runs = [run for run in self.runs if run.bicubic_psnr is not None]
        scales = dict.fromkeys(run.scale for run in runs)
        return tuple(plot_convergence([run for run in runs if run.scale == scale], scale) for scale in scales)

    @property
    def ablation_plots(self) -> tuple[tuple[Ablation, Plot], ...]:
        """Each ablation with its curves."""
        return tuple((ablation, plot_ablation(ablation)) for ablation in self.ablations)

    @property
    def sources(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The papers whose numbers stand in the tables, and where each was read."""
        values = dict.fromkeys(value for table in self.tables for value in table.published)
        papers = dict.fromkeys(value.paper for value in values)
        return tuple((paper, _read_in(values, paper)) for paper in papers)


def main_scale(scales: Sequence[int]) -> int:
    """The scale of the pictures shown: that of most of the paper's figures, else the first."""
    return MAIN_SCALE if MAIN_SCALE in scales else scales[0]


def filter_sheets(methods: Sequence[ReportMethod]) -> tuple[Sheet, ...]:
    """The first-layer filters of every network."""
    sheets: list[Sheet] = []
    for method in methods:
        if method.model:
            image = filter_sheet(method.model)
            layer = method.model.spec.layers[0]
            size = f"{layer.kernel_size} {TIMES} {layer.kernel_size}"
            caption = f"{method.name}, {TIMES}{method.scale}: {layer.out_channels} of {size}"
            sheets.append(Sheet(caption=caption, image=data_uri(image), width=image.shape[1]))
    return tuple(sheets)


def feature_maps(methods: Sequence[ReportMethod], subject: Subject) -> tuple[Sheet, ...]:
    """What the first two layers of a network make of the middle of a picture; the user's own network, else the first.

    Args:
        methods: of one scale.
        subject: the picture.

    Returns:
        A sheet for each layer; none without a network.
    """
    networks = [method for method in methods if method.model]
    if not networks:
        return ()
    method = next((method for method in networks if method.kind == "user"), networks[0])
    assert method.model
    part = middle(subject.small, _FEATURE_SIDE // subject.scale + 2 * method.model.spec.reach // subject.scale)
    try:
        sheets = feature_sheets(method.model, part)
    except InvalidImageError:  # a picture smaller than the kernels
        return ()
    return tuple(
        Sheet(
            caption=f"{subject.title} in {method.name}, after layer {number}",
            image=data_uri(image),
            width=image.shape[1],
        )
        for number, image in enumerate(sheets, 1)
    )


def _read_in(values: dict[PublishedValue, None], paper: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.source for value in values if value.paper == paper))
