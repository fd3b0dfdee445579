import os
from pathlib import Path

import pytest
from PIL import Image

from srcnn.batch.plan import Places, plan_jobs
from srcnn.batch.size import Size
from srcnn.errors import InvalidConfigError, OutputError

X3 = Size(scale=3)


def targets(inputs: list[Path], output: str | None = None, size: Size = X3, **places: object) -> dict[Path, Path]:
    jobs = plan_jobs(inputs, size, Places(output=output, **places))  # pyright: ignore[reportArgumentType]
    return {job.source: job.target for job in jobs}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.jpg", "deep/c.png", "notes.txt", ".hidden.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    return tmp_path / "in"


def test_without_an_output_the_result_lies_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.b.png"
    assert targets([file]) == {file: tmp_path / "a.b_x3.png"}


def test_a_name_without_an_ending_keeps_the_format_of_its_content(tmp_path: Path) -> None:
    for name, format, suffix in (("a", "JPEG", ".jpg"), ("b.tmp", "WEBP", ".webp"), ("c", "ICO", ".png")):
        Image.new("RGB", (16, 16)).save(tmp_path / name, format)
        assert targets([tmp_path / name]) == {tmp_path / name: tmp_path / f"{name}_x3{suffix}"}
    (tmp_path / "d").write_bytes(b"rubbish")
    assert targets([tmp_path / "d"]) == {tmp_path / "d": tmp_path / "d_x3.png"}


def test_without_an_output_a_folder_gets_a_folder_beside_it(folder: Path) -> None:
    beside = folder.with_name("in_x3")
    assert targets([folder]) == {folder / "a.jpg": beside / "a.jpg", folder / "b.png": beside / "b.png"}


def test_the_folder_in_which_one_stands_gets_a_folder_beside_it_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert list(targets([Path()]).values()) == [folder.with_name("in_x3") / n for n in ("a.jpg", "b.png")]


def test_recursively_the_tree_is_kept(folder: Path) -> None:
    for output in (None, str(folder.with_name("in_x3"))):
        assert targets([folder], output, recursive=True)[folder / "deep/c.png"] == folder.with_name("in_x3") / (
            "deep/c.png"
        )


def test_jobs_are_in_the_order_of_the_inputs_and_of_names(folder: Path, tmp_path: Path) -> None:
    jobs = plan_jobs([tmp_path / "z.png", folder], X3, Places(recursive=True))
    assert [job.source.name for job in jobs] == ["z.png", "a.jpg", "b.png", "c.png"]


def test_an_output_file_is_taken_for_one_input(tmp_path: Path) -> None:
    assert targets([tmp_path / "a.png"], "out/b.tif") == {tmp_path / "a.png": Path("out/b.tif")}


def test_an_output_folder_keeps_the_names(tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.jpg"]
    assert targets(files, "out") == {files[0]: Path("out/a.png"), files[1]: Path("out/b.jpg")}


def test_an_existing_folder_is_a_folder_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "out.png").mkdir()
    assert targets([tmp_path / "a.png"], str(tmp_path / "out.png")) == {
        tmp_path / "a.png": tmp_path / "out.png" / "a.png"
    }


def test_a_pattern_names_every_output(tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.jpg"]
    assert targets(files, "out/{stem}-{scale}{ext}") == {
        files[0]: Path("out/a-3.png"),
        files[1]: Path("out/b-3.jpg"),
    }


@pytest.mark.parametrize("output", [None, "out"])
@pytest.mark.parametrize("name", ["a.svg", "a.heic", "a"])
def test_a_format_that_is_not_written_becomes_png(tmp_path: Path, name: str, output: str | None) -> None:
    (target,) = targets([tmp_path / name], output).values()
    assert target.suffix == ".png"


def test_one_output_file_for_two_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"one input for the output file out\.png, got 2; name a folder"):
        targets([tmp_path / "a.png", tmp_path / "b.png"], "out.png")


@pytest.mark.parametrize(
    "pattern",
    [
        "{name}.png",
        "{",
        "{}.png",
        "{0}.png",
        "{stem!x}.png",
        "{stem.nothing}.png",
        "{scale[a]}.png",
        "{stem:%}.png",
        "{stem:>99999999999}.png",
        "{stem!r}.png",
        "{stem.__class__}.png",
        "{stem[0]}.png",
    ],
)
def test_a_pattern_that_is_none_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(
        InvalidConfigError, match=r"expected a pattern with {parent}, {stem}, {size} and {ext}, .*, got"
    ):
        targets([tmp_path / "a.png"], pattern)


@pytest.mark.parametrize(("names", "output"), [(["x/a.png", "y/a.png"], "out"), (["a.png", "b.png"], "same{ext}")])
def test_two_inputs_with_one_output_are_refused(tmp_path: Path, names: list[str], output: str | None) -> None:
    with pytest.raises(InvalidConfigError, match="expected an output for each input, got"):
        targets([tmp_path / name for name in names], output)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("other", ["PHOTO.png", "ph\u00f6to.png"])
def test_names_that_a_file_system_takes_for_one_are_refused_where_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, other: str
) -> None:
    name = "photo.png" if other.isascii() else "pho\u0308to.png"
    monkeypatch.setattr("sys.platform", platform)
    inputs = [tmp_path / "a" / name, tmp_path / "b" / other]
    if platform == "linux":
        assert len(targets(inputs, "out/")) == 2
    else:
        with pytest.raises(InvalidConfigError, match="expected an output for each input, got"):
            targets(inputs, "out/")


def test_two_formats_of_one_name_that_become_one_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"got out/a\.png for both .*a\.png and .*a\.ico"):
        targets([tmp_path / "a.png", tmp_path / "a.ico"], "out")


@pytest.mark.parametrize("output", [None, "out", "out/{stem}", "out/{stem}{ext}", "out/{stem}/"])
def test_only_the_ending_of_a_picture_is_no_part_of_its_name(tmp_path: Path, output: str | None) -> None:
    names = ["Shot at 10.15.30", "Shot at 10.15.45", "a.jpg.1", "a.jpg.2"]
    found = targets([tmp_path / name for name in names], output)
    assert len(set(found.values())) == 4
    for name in names:
        assert name in str(found[tmp_path / name])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("o/{ext}/{stem}", "o/.png/button.png"),
        ("x/{stem:.3}_{size}", "x/but_x3.png"),
        ("x/v1.2_{stem}", "x/v1.2_button.png"),
        ("{stem}.tif", "button.tif"),
    ],
)
def test_a_dot_elsewhere_in_a_pattern_is_no_ending(tmp_path: Path, pattern: str, expected: str) -> None:
    assert targets([tmp_path / "button.png"], pattern) == {tmp_path / "button.png": Path(expected)}


@pytest.mark.parametrize("output", ["{stem}{ext}", "../in/{stem}{ext}", "."])
def test_an_output_that_is_an_input_is_refused(folder: Path, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(OutputError, match="expected an output that is not an input"):
        targets([folder / "b.png"], output)


def test_an_output_that_is_another_input_is_refused(folder: Path) -> None:
    with pytest.raises(OutputError, match="expected an output that is not an input"):
        targets([folder / "b.png", folder / "deep/c.png"], str(folder) + "/deep/{stem}{ext}")


def test_a_file_that_is_missing_is_planned_and_fails_alone_later(tmp_path: Path) -> None:
    assert len(targets([tmp_path / "none.png"])) == 1


def test_a_folder_that_is_a_link_to_itself_is_planned_and_fails_alone_later(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert len(targets([tmp_path / "loop" / "a.png"])) == 1
    assert len(targets([tmp_path / "a.png", tmp_path], f"{tmp_path}/loop/out")) == 1
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert len(targets([tmp_path / "**"], f"{tmp_path}/out/")) == 1


def test_a_folder_without_pictures_gives_no_jobs(tmp_path: Path) -> None:
    assert targets([tmp_path]) == {}


def test_a_folder_inside_another_input_folder_is_a_folder_of_its_own(folder: Path) -> None:
    for inputs in ([folder, folder / "deep"], [folder / "deep", folder]):
        assert targets(inputs)[folder / "deep/c.png"] == folder / "deep_x3" / "c.png"


def test_a_file_named_beside_its_folder_is_a_file_of_its_own(folder: Path) -> None:
    assert targets([folder, folder / "deep/c.png"])[folder / "deep/c.png"] == folder / "deep/c_x3.png"


def test_a_job_that_comes_twice_is_taken_once(folder: Path, tmp_path: Path) -> None:
    assert len(plan_jobs([folder, folder, folder / "a.jpg", folder / "a.jpg"], X3, Places())) == 3


@pytest.mark.parametrize("output", [None, "out", "out.png"])
def test_another_spelling_of_a_job_is_the_same_job(
    folder: Path, output: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    (folder.parent / "link").symlink_to(folder)
    inputs = [Path("in/a.jpg"), folder / "a.jpg", Path("in/deep/../a.jpg"), Path("link/a.jpg")]
    assert [job.source for job in plan_jobs(inputs, X3, Places(output=output))] == inputs[:1]


def test_with_renaming_two_inputs_may_ask_for_one_output(tmp_path: Path) -> None:
    inputs = [tmp_path / "x/a.png", tmp_path / "y/a.png"]
    assert [job.target for job in plan_jobs(inputs, X3, Places(output="out", renames=True))] == [Path("out/a.png")] * 2


def test_names_that_differ_only_in_case_are_two_pictures(tmp_path: Path) -> None:
    inputs = [tmp_path / "A.png", tmp_path / "a.png", tmp_path / "a.PNG"]
    assert sorted(target.name for target in targets(inputs, "out").values()) == ["A.png", "a.PNG", "a.png"]


@pytest.mark.parametrize(
    ("size", "name"),
    [(Size(scale=2.5), "a_x2.5.png"), (Size(width=80), "a_w80.png"), (Size(width=8, height=6), "a_8x6.png")],
)
def test_names_tell_the_size_that_was_asked_for(tmp_path: Path, size: Size, name: str) -> None:
    assert targets([tmp_path / "a.png"], size=size) == {tmp_path / "a.png": tmp_path / name}


@pytest.mark.parametrize(
    ("pattern", "suffix", "target"),
    [
        ("{stem}_big", ".webp", "a_big.webp"),
        ("{stem}_big", None, "a_big.png"),
        ("x.y/{stem}", None, "x.y/a.png"),
        ("{size}/", None, "x2/a.png"),
        ("{size}/", ".webp", "x2/a.webp"),
    ],
)
def test_a_pattern_without_an_ending_gets_one_and_with_a_slash_is_a_folder(
    tmp_path: Path, pattern: str, suffix: str | None, target: str
) -> None:
    places = Places(output=f"{tmp_path}/{pattern}", suffix=suffix)
    (job,) = plan_jobs([tmp_path / "a.png"], Size(scale=2), places)
    assert job.target == tmp_path / target


def test_a_pattern_knows_the_parent_and_the_size(tmp_path: Path) -> None:
    file = tmp_path / "in/abc.png"
    assert targets([file], "{parent}/big/{stem:.2}-{size}{ext}", Size(width=80)) == {
        file: tmp_path / "in/big/ab-w80.png"
    }


def test_a_pattern_with_a_scale_needs_a_scale(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"and {scale} where a scale is asked for"):
        targets([tmp_path / "a.png"], "{stem}_x{scale}{ext}", Size(width=80))


@pytest.mark.parametrize("output", [None, "out", "out/{stem}{ext}"])
def test_a_format_that_is_asked_for_names_the_outputs(tmp_path: Path, output: str | None) -> None:
    (target,) = targets([tmp_path / "a.jpg"], output, suffix=".webp").values()
    assert target.suffix == ".webp"


def test_a_format_that_contradicts_the_outputs_name_is_refused(tmp_path: Path) -> None:
    assert targets([tmp_path / "a.png"], "b.jpeg", suffix=".jpg")
    with pytest.raises(InvalidConfigError, match=r"expected an output of the format jpg, got b\.png"):
        targets([tmp_path / "a.png"], "b.png", suffix=".jpg")


@pytest.mark.parametrize("output", ["b.heic", "b.HEIC", "{stem}.pcx"])
def test_an_output_of_a_format_that_is_not_written_is_refused(tmp_path: Path, output: str) -> None:
    with pytest.raises(OutputError, match=r"expected an output name ending in one of \.png, .*, got (a|b)"):
        targets([tmp_path / "a.png"], output)


def test_in_place_a_format_that_is_not_written_fails_alone_later(tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.heic"]
    assert targets(files, in_place=True) == {file: file for file in files}


def test_a_slash_at_the_end_makes_a_folder(tmp_path: Path) -> None:
    assert targets([tmp_path / "a.png"], "out.png/") == {tmp_path / "a.png": Path("out.png/a.png")}


class TestInPlace:
    def test_the_inputs_are_the_outputs(self, folder: Path) -> None:
        assert targets([folder], in_place=True) == {folder / n: folder / n for n in ("a.jpg", "b.png")}

    def test_a_file_is_replaced_once_however_it_is_spelt(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder.parent)
        (folder.parent / "link").symlink_to(folder)
        inputs = [Path("in/a.jpg"), folder, Path("in/../in/a.jpg"), Path("link/b.png"), Path("link")]
        assert list(targets(inputs, in_place=True)) == [Path("in/a.jpg"), folder / "b.png"]

    def test_a_link_to_a_file_that_is_replaced_shows_it_and_is_left(self, folder: Path) -> None:
        (folder / "0.png").symlink_to(folder / "b.png")
        (folder / "1.png").symlink_to("0.png")
        assert list(targets([folder], in_place=True)) == [folder / "a.jpg", folder / "b.png"]

    def test_links_to_another_file_and_hard_links_are_replaced_each(self, folder: Path) -> None:
        for name in ("0.png", "1.png"):
            (folder / name).symlink_to(folder / "deep/c.png")
        (folder / "2.png").hardlink_to(folder / "b.png")
        names = ["0.png", "1.png", "2.png", "a.jpg", "b.png"]
        assert list(targets([folder], in_place=True)) == [folder / name for name in names]

    def test_links_that_lead_nowhere_and_files_that_are_missing_fail_alone_later(self, folder: Path) -> None:
        (folder / "loop.png").symlink_to(folder / "loop.png")
        inputs = [folder / "loop.png", folder / "none.png", folder / "no" / "none.png"]
        assert list(targets(inputs, in_place=True)) == inputs

    @pytest.mark.parametrize("places", [{"output": "x"}, {"suffix": ".png"}, {"renames": True}])
    def test_it_excludes_other_places(self, places: dict[str, object]) -> None:
        with pytest.raises(InvalidConfigError, match=r"expected --in-place or -.*, got both; leave one of them out"):
            Places(in_place=True, **places)  # pyright: ignore[reportArgumentType]


class TestPatternsAsInputs:
    def test_they_are_expanded_as_a_shell_would(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        assert list(targets([Path("?.*")])) == [Path("a.jpg"), Path("b.png")]
        assert list(targets([folder / "**" / "*.png"])) == [folder / "b.png", folder / "deep/c.png"]

    def test_those_of_trees_enter_neither_links_nor_hidden_folders(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "z.png").touch()
        (folder / "deep" / "outside").symlink_to(tmp_path / "outside")
        (folder / "deep" / "up").symlink_to(folder)
        (folder / ".hidden").mkdir()
        (folder / ".hidden" / "h.png").touch()
        (folder / "deep" / ".h.png").touch()
        found = [folder / "b.png", folder / "deep/c.png"]
        assert list(targets([folder / "**" / "*.png"])) == found
        assert list(targets([folder.parent / "i?" / "**" / "*.png"])) == found
        assert list(targets([folder / "**" / ".hidden" / "*.png"])) == [folder / ".hidden/h.png"]

    @pytest.mark.parametrize("pattern", ["**", "**/*"])
    def test_those_of_trees_without_an_ending_stand_for_pictures(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
    ) -> None:
        (folder / "notes.txt").touch()
        names = ("a.jpg", "b.png", "deep/c.png")
        assert list(targets([folder / pattern])) == [folder / name for name in names]
        monkeypatch.chdir(folder)
        assert list(targets([Path(pattern)])) == [Path(name) for name in names]

    def test_those_of_trees_leave_out_what_an_earlier_run_wrote(self, folder: Path) -> None:
        (folder / "out").mkdir()
        (folder / "out" / "a.jpg").touch()
        found = targets([folder / "**"], str(folder / "out"))
        assert list(found) == [folder / n for n in ("a.jpg", "b.png", "deep/c.png")]

    def test_a_file_of_that_very_name_comes_first(self, tmp_path: Path) -> None:
        for name in ("[1].png", "1.png"):
            (tmp_path / name).touch()
        assert list(targets([tmp_path / "[1].png"])) == [tmp_path / "[1].png"]

    def test_one_that_matches_nothing_is_planned_and_fails_alone_later(self, tmp_path: Path) -> None:
        assert list(targets([tmp_path / "*.png"])) == [tmp_path / "*.png"]


def test_results_of_a_folder_lie_beside_it_as_it_was_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert targets([Path("in")])[Path("in/b.png")] == Path("in_x3/b.png")
    monkeypatch.chdir(folder)
    for here in (".", "deep/.."):
        assert targets([Path(here)])[Path(here) / "b.png"] == folder.parent / "in_x3" / "b.png"


def test_an_output_folder_inside_the_input_folder_is_not_searched(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "a.jpg").touch()
    found = targets([folder], str(folder / "out"), recursive=True)
    assert list(found) == [folder / n for n in ("a.jpg", "b.png", "deep/c.png")]


def test_links_are_not_followed_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "z.png").touch()
    (folder / "dir").symlink_to(tmp_path / "outside")
    (folder / "z.png").symlink_to(tmp_path / "outside" / "z.png")
    (folder / "circle").symlink_to(folder)
    (folder / "inside.png").symlink_to(folder / "b.png")
    found = [path.name for path in targets([folder], recursive=True)]
    assert found == ["a.jpg", "b.png", "c.png", "inside.png"]
    found = sorted(path.name for path in targets([folder], recursive=True, follow_links=True))
    assert found == ["a.jpg", "b.png", "c.png", "inside.png", "z.png", "z.png"]


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_an_output_that_is_an_input_by_a_link_is_refused(folder: Path, tmp_path: Path, link: str) -> None:
    getattr(tmp_path / "b_x3.png", link)(folder / "b.png")
    with pytest.raises(OutputError, match="expected an output that is not an input"):
        targets([folder / "b.png"], f"{tmp_path}/{{stem}}_x3.png")


def test_a_name_that_no_file_system_holds_is_planned_and_fails_alone_later(tmp_path: Path) -> None:
    assert len(targets([tmp_path / ("a" * 300)])) == 1
    assert len(targets([tmp_path / "a\0.png"])) == 1


def test_an_input_folder_that_cannot_be_read_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("os.scandir", fail)
    other, unreadable = plan_jobs([tmp_path, tmp_path / "a.png"], X3, Places())
    assert (other.source, other.error) == (tmp_path / "a.png", None)
    assert unreadable.source == tmp_path
    assert "got: Permission denied; check its permissions" in str(unreadable.error)


def test_a_folder_that_cannot_be_looked_into_is_one_job_that_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    jobs = plan_jobs([folder], X3, Places(recursive=True))
    assert [job.source.name for job in jobs] == ["a.jpg", "b.png", "deep"]
    assert [job.error is None for job in jobs] == [True, True, False]
    assert "look into the folder" in str(jobs[-1].error)


def test_an_output_that_is_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no picture")
    with pytest.raises(InvalidConfigError, match=r"expected a folder, or a name .*notes, which is another file; "):
        plan_jobs([tmp_path / "a.png"], Size(scale=2), Places(output=str(tmp_path / "notes")))


def test_one_file_makes_no_folder_of_a_misspelt_suffix(tmp_path: Path) -> None:
    source, odd = tmp_path / "a.png", tmp_path / "b.jpgg"
    with pytest.raises(InvalidConfigError, match=r"expected an output that ends in one of .*b\.jpgg; for a folder"):
        plan_jobs([source], Size(scale=2), Places(output=str(odd)))
    for output in (f"{odd}/", str(tmp_path / "folder")):
        (job,) = plan_jobs([source], Size(scale=2), Places(output=output))
        assert job.target == Path(output) / "a.png"
    odd.mkdir()
    (job,) = plan_jobs([source], Size(scale=2), Places(output=str(odd)))
    assert job.target == odd / "a.png"
    (tmp_path / "in").mkdir()
    source.write_bytes(b"")
    jobs = plan_jobs([tmp_path, source], Size(scale=2), Places(output=str(tmp_path / "v1.5")))
    assert {job.target.parent for job in jobs} == {tmp_path / "v1.5"}
